#include "backend/plan/schedule.h"

#include "backend/plan/modes/head_split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <set>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

// The pairs of a block by its definition: row i of a causal block sees keys 0..i.
std::int64_t counted(const Block& block) {
    std::int64_t pairs = 0;
    for (std::int64_t query = 0; query < block.queries.size(); ++query)
        for (std::int64_t key = 0; key < block.keys.size(); ++key)
            pairs += block.mask == MaskKind::Full || key <= query;
    return pairs;
}

RC_GTEST_PROP(AttendedPairs, AreThoseOfTheBlocksMask, ()) {
    const auto anySpan = rc::gen::exec([] {
        const auto begin = *rc::gen::inRange<std::int64_t>(0, 10);
        return TokenSpan{begin, begin + *rc::gen::inRange<std::int64_t>(0, 20)};
    });
    for (const MaskKind mask : {MaskKind::Full, MaskKind::Causal}) {
        const Block block{*anySpan, *anySpan, mask};
        RC_ASSERT(attendedPairs(block) == counted(block));
    }
}

TEST(AttendedPairs, OfABlockByPositionAreThoseThatWereCountedWhenItWasCut) {
    const Block block{.queries = {0, 4}, .keys = {0, 4}, .mask = MaskKind::Positions, .pairs = 7};
    EXPECT_EQ(attendedPairs(block), 7);
}

template <typename Enum>
void expectNames(int count, std::string_view (*nameOfValue)(Enum)) {
    std::set<std::string_view> names;
    for (int value = 0; value < count; ++value) names.insert(nameOfValue(static_cast<Enum>(value)));
    EXPECT_EQ(std::ssize(names), count);
    EXPECT_FALSE(names.contains(""));
}

TEST(Schedule, NamesWhatTravelsHowAndWhoRunsItDifferently) {
    expectNames<Payload>(15, payloadName);
    expectNames<TransferKind>(5, transferName);
    expectNames<Executor>(6, executorName);
}

RC_GTEST_PROP(HeadGroups, CoverAllHeadsInOrderAndDifferByOneAtMost, ()) {
    const auto heads = *rc::gen::inRange<std::int64_t>(1, 40);
    const auto groups = *rc::gen::inRange<std::int64_t>(1, 10);
    const std::vector<HeadSpan> spans = headGroups(heads, groups);
    RC_ASSERT(std::ssize(spans) == std::min(heads, groups));
    std::int64_t next = 0;
    for (const HeadSpan& span : spans) {
        RC_ASSERT(span.begin == next);
        RC_ASSERT(span.size() == heads / std::ssize(spans) ||
                  span.size() == heads / std::ssize(spans) + 1);
        next = span.end;
    }
    RC_ASSERT(next == heads);
}

TEST(ExchangeHeads, SendsTheSameBytesPackedAndUnpacked) {
    AttentionShape shape{.ranks = 4, .batch = 2, .tokens = 64, .heads = 8, .kvHeads = 2};
    const auto exchanged = [&](bool packed, Payload payload) {
        shape.packed = packed;
        return exchangeHeads(shape, 4, {0, 1}, {.payload = payload});
    };
    const auto sum = [](const std::vector<Transfer>& transfers) {
        std::int64_t bytes = 0;
        for (const Transfer& transfer : transfers) bytes += transfer.sentBytes;
        return bytes;
    };
    for (const Payload payload : {Payload::QueryKeyValue, Payload::QueryKeyValueGrad}) {
        EXPECT_EQ(exchanged(true, payload).size(), 1U);
        EXPECT_EQ(exchanged(false, payload).size(), 3U);
        EXPECT_EQ(sum(exchanged(true, payload)), sum(exchanged(false, payload)));
    }
    EXPECT_EQ(exchanged(false, Payload::Output).size(), 1U);
}

TEST(HeadsFit, WhereRanksDivideKeyHeadsOrTheyDivideRanks) {
    const AttentionShape shape{.heads = 12, .kvHeads = 4};
    std::vector<std::int64_t> legal;
    for (std::int64_t ranks = 1; ranks <= 12; ++ranks)
        if (headsFit(shape, ranks)) legal.push_back(ranks);
    EXPECT_THAT(legal, ElementsAre(1, 2, 4, 12));
}

}  // namespace
}  // namespace ringscope
