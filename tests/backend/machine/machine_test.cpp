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

TEST(Machine, SmallBlocksFallOffTheCliffAndRatesNeverLeaveTheirTable) {
    const Machine h100 = findMachine("h100-8x").value();
    double before = 0;
    for (std::int64_t tokens = 256; tokens <= 1 << 20; tokens *= 2) {
        const double rate =
            attentionRate(h100, "fa2", squareOf(tokens, MaskKind::Causal, Pass::Backward)).value();
        EXPECT_GE(rate, before);
        EXPECT_LE(rate, 330);
        EXPECT_GE(rate, 142);
        before = rate;
    }
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
