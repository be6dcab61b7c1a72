// Every mode's schedule, held against the mask and against itself, without running anything.
#include "backend/config/field_table.h"
#include "backend/plan/mode_table.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

namespace ringscope {
namespace {

AttentionShape shapeOf(int ranks, bool causal = true) {
    return {.ranks = ranks,
            .batch = 2,
            .tokens = 48,
            .heads = 12,
            .kvHeads = 4,
            .headDim = 8,
            .causal = causal};
}

// The tokens behind a tensor's local rows on a rank: its own, or all where it holds everything.
std::vector<std::int64_t> rowTokens(const Schedule& schedule, std::int64_t tokens, int owner) {
    std::vector<std::int64_t> rows;
    const bool everything = owner < 0;
    const std::vector<TokenSpan> all = {{0, tokens}};
    for (const TokenSpan& span : everything ? all : schedule.owned[static_cast<std::size_t>(owner)])
        for (std::int64_t t = span.begin; t < span.end; ++t) rows.push_back(t);
    return rows;
}

using Pairs = std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t>;

void addBlock(Pairs& pairs, const Block& block, const std::vector<std::int64_t>& queries,
              const std::vector<std::int64_t>& keys, std::int64_t heads) {
    for (std::int64_t q = block.queries.begin; q < block.queries.end; ++q)
        for (std::int64_t k = block.keys.begin; k < block.keys.end; ++k)
            if (block.mask == MaskKind::Full || k - block.keys.begin <= q - block.queries.begin)
                pairs[{queries[static_cast<std::size_t>(q)], keys[static_cast<std::size_t>(k)]}] +=
                    heads;
}

// How many heads attend from token to token, over all ranks.
Pairs attended(const Schedule& schedule, const AttentionShape& shape, Pass pass) {
    Pairs pairs;
    for (int rank = 0; rank < static_cast<int>(schedule.ranks.size()); ++rank) {
        const RankSchedule& passes = schedule.ranks[static_cast<std::size_t>(rank)];
        for (const Step& step : pass == Pass::Forward ? passes.forward : passes.backward) {
            const int queriesOf = step.keysOf < 0 ? -1 : rank;
            const auto queries = rowTokens(schedule, shape.tokens, queriesOf);
            const auto keys = rowTokens(schedule, shape.tokens, step.keysOf);
            for (const Block& block : step.blocks)
                addBlock(pairs, block, queries, keys, schedule.headsPerRank);
        }
    }
    return pairs;
}

Pairs wanted(const AttentionShape& shape) {
    Pairs pairs;
    for (std::int64_t q = 0; q < shape.tokens; ++q)
        for (std::int64_t k = 0; k < (shape.causal ? q + 1 : shape.tokens); ++k)
            pairs[{q, k}] = shape.heads;
    return pairs;
}

void forEveryLegalSchedule(
    const std::function<void(const Mode&, const AttentionShape&, const Schedule&)>& check) {
    for (const Mode& mode : modeTable()) {
        for (int ranks : {1, 2, 3, 4, 6, 8}) {
            if (!mode.sharded && ranks > 1) continue;
            for (bool causal : {true, false}) {
                const AttentionShape shape = shapeOf(ranks, causal);
                const Result<Schedule> schedule = mode.schedule(shape);
                if (!schedule.ok()) continue;
                SCOPED_TRACE(std::string(mode.name) + " on " + std::to_string(ranks) + " ranks" +
                             (causal ? ", causal" : ""));
                check(mode, shape, *schedule);
            }
        }
    }
}

TEST(EveryMode, ComputesEachPairOfTheMaskOncePerHead) {
    forEveryLegalSchedule([](const Mode&, const AttentionShape& shape, const Schedule& schedule) {
        EXPECT_EQ(attended(schedule, shape, Pass::Forward), wanted(shape));
        EXPECT_EQ(attended(schedule, shape, Pass::Backward), wanted(shape));
    });
}

TEST(EveryMode, MatchesEachSendWithAReceiveOfTheSameBytesInTheStepThatNeedsIt) {
    using Message =
        std::tuple<int, int, Payload, int, std::int64_t>;  // from, to, what, step, bytes
    forEveryLegalSchedule([](const Mode&, const AttentionShape&, const Schedule& schedule) {
        for (const auto pass : {&RankSchedule::forward, &RankSchedule::backward}) {
            std::multiset<Message> sent;
            std::multiset<Message> received;
            for (int rank = 0; rank < static_cast<int>(schedule.ranks.size()); ++rank) {
                for (const Step& step : schedule.ranks[static_cast<std::size_t>(rank)].*pass) {
                    for (const Transfer& t : step.transfers) {
                        if (t.kind == TransferKind::Send)
                            sent.insert({rank, t.peer, t.payload, t.neededBy, t.sentBytes});
                        if (t.kind == TransferKind::Receive)
                            received.insert({t.peer, rank, t.payload, t.neededBy, t.receivedBytes});
                    }
                }
            }
            EXPECT_EQ(sent, received);
        }
    });
}

TEST(EveryMode, PostsTheSameCollectivesOnEveryRank) {
    using Collective = std::tuple<int, TransferKind, Payload, Moment>;
    forEveryLegalSchedule([](const Mode&, const AttentionShape&, const Schedule& schedule) {
        std::set<std::vector<Collective>> orders;
        for (const RankSchedule& rank : schedule.ranks) {
            std::vector<Collective> order;
            for (const auto* pass : {&rank.forward, &rank.backward})
                for (const Step& step : *pass)
                    for (const Transfer& t : step.transfers)
                        if (t.peer < 0) order.push_back({step.index, t.kind, t.payload, t.posted});
            orders.insert(order);
        }
        EXPECT_EQ(orders.size(), 1U);
    });
}

TEST(EveryMode, SendsNothingWhereOneRankDoesItAll) {
    forEveryLegalSchedule([](const Mode&, const AttentionShape& shape, const Schedule& schedule) {
        if (shape.ranks == 1) {
            EXPECT_EQ(sentBytes(schedule, 0), 0);
        }
    });
}

TEST(EveryMode, IsSpelledInTheConfigurationAsInTheTable) {
    const Field* mode = findField("parallel.mode");
    ASSERT_NE(mode, nullptr);
    EXPECT_EQ(mode->choices, modeNames());
}

// Bytes one rank sends per layer for LLaMA-3-8B's attention in bf16, 64K tokens on 8 ranks.
AttentionShape llama8b() {
    return {.ranks = 8,
            .batch = 1,
            .tokens = 65536,
            .heads = 32,
            .kvHeads = 8,
            .headDim = 128,
            .causal = true,
            .elementBytes = 2};
}

TEST(Ring, SendsKeysForwardAndKeysWithFp32GradientsBackward) {
    const std::int64_t mib = 1 << 20;
    for (const char* mode : {"ring", "zigzag"})
        EXPECT_EQ(sentBytes(findMode(mode)->schedule(llama8b()).value(), 3), (224 + 736) * mib);
}

TEST(Ulysses, SendsFewerBytesThanARing) {
    const std::int64_t mib = 1 << 20;
    EXPECT_EQ(sentBytes(findMode("ulysses")->schedule(llama8b()).value(), 3), (140 + 140) * mib);
    AttentionShape replicated = llama8b();
    replicated.ranks = 16;  // twice as many as key/value heads
    EXPECT_EQ(sentBytes(findMode("ulysses")->schedule(replicated).value(), 3), (90 + 90) * mib);
}

TEST(Ulysses, NamesTheLegalRankCounts) {
    AttentionShape shape = shapeOf(4);
    shape.heads = 6;
    shape.kvHeads = 6;
    const Result<Schedule> schedule = findMode("ulysses")->schedule(shape);
    ASSERT_FALSE(schedule.ok());
    EXPECT_EQ(schedule.error().message,
              "ulysses needs heads divisible by ranks: 6 heads, 4 ranks; legal: 1, 2, 3, 6");
    EXPECT_EQ(schedule.error().code, ErrorCode::InvalidConfig);
}

TEST(Ulysses, NamesKeyValueHeadsWhereTheyAreTheReason) {
    AttentionShape shape = shapeOf(6);
    const Result<Schedule> schedule = findMode("ulysses")->schedule(shape);
    ASSERT_FALSE(schedule.ok());
    EXPECT_EQ(schedule.error().message,
              "ulysses needs key/value heads that divide into ranks or ranks into them: "
              "4 key/value heads, 6 ranks; legal: 1, 2, 4, 12");
}

TEST(Zigzag, ComputesTheSameOnEveryRankInEveryStepButTheFirst) {
    const Schedule schedule = findMode("zigzag")->schedule(shapeOf(4)).value();
    for (const RankSchedule& rank : schedule.ranks) {
        for (const Step& step : rank.forward) {
            std::int64_t pairs = 0;
            for (const Block& block : step.blocks) pairs += attendedPairs(block);
            EXPECT_EQ(pairs, step.index == 0 ? 12 * 13 / 2 : 12 * 12 / 2);
        }
    }
}

TEST(Ring, LeavesStepsWithKeysOfLaterTokensEmpty) {
    const Schedule schedule = findMode("ring")->schedule(shapeOf(4)).value();
    for (int rank = 0; rank < 4; ++rank)
        for (const Step& step : schedule.ranks[static_cast<std::size_t>(rank)].forward)
            EXPECT_EQ(step.blocks.empty(), step.keysOf > rank);
}

}  // namespace
}  // namespace ringscope
