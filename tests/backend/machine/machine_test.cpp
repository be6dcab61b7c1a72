#include "backend/machine/machine.h"

#include "backend/machine/machine_table.h"

#include <gtest/gtest.h>

namespace ringscope::test {
namespace {

BlockWork squareOf(std::int64_t tokens, MaskKind mask, Pass pass) {
    return {.format = NumberFormat::Bf16,
            .queries = tokens,
            .keys = tokens,
            .pairs = mask == MaskKind::Causal ? tokens * (tokens + 1) / 2 : tokens * tokens,
            .heads = 64,
            .headColumns = 128,
            .mask = mask,
            .pass = pass};
}

TEST(Machine, ASquareOfTheTableHasTheTablesRate) {
    const Machine h100 = findMachine("h100-8x").value();
    EXPECT_NEAR(attentionRate(h100, "fa3", squareOf(8192, MaskKind::Causal, Pass::Forward)).value(),
                658, 1);
    EXPECT_NEAR(attentionRate(h100, "fa2", squareOf(4096, MaskKind::Full, Pass::Backward)).value(),
                309, 1);
}

TEST(Machine, SmallBlocksFallOffTheCliffAndRatesNeverExceedTheirTable) {
    const Machine h100 = findMachine("h100-8x").value();
    double rateBefore = 0;
    double timeBefore = 0;
    for (std::int64_t tokens = 16; tokens <= 1 << 20; tokens *= 2) {
        const BlockWork square = squareOf(tokens, MaskKind::Causal, Pass::Backward);
        const double rate = attentionRate(h100, "fa2", square).value();
        const double time = static_cast<double>(square.pairs) / rate;
        EXPECT_GE(rate, rateBefore);
        EXPECT_LE(rate, 330);
        EXPECT_GT(time, timeBefore);
        rateBefore = rate;
        timeBefore = time;
    }
    EXPECT_NEAR(
        attentionRate(h100, "fa2", squareOf(1024, MaskKind::Causal, Pass::Backward)).value(), 142,
        0.2);
}

// What a block takes beside its pairs is a part of what the smallest of the table took.
TEST(Machine, ATinyBlockTakesWhatIsBesidePairs) {
    const Machine h100 = findMachine("h100-8x").value();
    const auto time = [&](std::int64_t tokens) {
        const BlockWork square = squareOf(tokens, MaskKind::Full, Pass::Forward);
        return static_cast<double>(square.pairs) / attentionRate(h100, "fa3", square).value();
    };
    EXPECT_NEAR(time(8) / time(16), 1, 0.01);
    EXPECT_LT(time(8), time(1024));
    EXPECT_GT(time(8), time(1024) / 10);
}

TEST(Machine, WorkOfFewHeadsIsThatOfASmallerSquare) {
    const Machine h100 = findMachine("h100-8x").value();
    BlockWork quarter = squareOf(4096, MaskKind::Full, Pass::Forward);
    quarter.heads = 16;
    EXPECT_NEAR(attentionRate(h100, "fa3", quarter).value(),
                attentionRate(h100, "fa3", squareOf(2048, MaskKind::Full, Pass::Forward)).value(),
                0.5);
}

TEST(Machine, RanksOfAHostReachEachOtherByTheNearerLink) {
    const Machine h100 = findMachine("h100-8x").value();
    EXPECT_EQ(h100.links[static_cast<std::size_t>(h100.levelBetween(0, 7))].name, "nvlink");
    EXPECT_EQ(h100.links[static_cast<std::size_t>(h100.levelBetween(7, 8))].name, "network");
}

}  // namespace
}  // namespace ringscope::test
