// Every mode's schedule, held against the mask and against itself, without running anything.
#include "backend/config/field_table.h"
#include "backend/config/mode_names.h"
#include "backend/plan/buffers.h"
#include "backend/plan/mode_table.h"
#include "tests/backend/plan/all_ranks.h"
#include "tests/backend/plan/laid_out_modes.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace ringscope {
namespace {

using test::allRanks;
using ::testing::ElementsAre;
using ::testing::Pair;

AttentionShape shapeOf(int ranks, bool causal = true) {
    return {.ranks = ranks,
            .batch = 2,
            .tokens = 48,
            .heads = 12,
            .kvHeads = 4,
            .headDim = 8,
            .causal = causal};
}

// The tokens behind the rows of a step's queries or keys.
std::vector<std::int64_t> rowTokens(const Schedule& schedule, const RankSet& ranks) {
    std::vector<std::int64_t> rows;
    for (const int rank : ranksOf(ranks))
        for (const TokenSpan& span : schedule.owned.spansOf(rank))
            for (std::int64_t t = span.begin; t < span.end; ++t) rows.push_back(t);
    std::ranges::sort(rows);
    return rows;
}

// [query * tokens + key]: how many heads attend from token to token.
using PairCounts = std::vector<std::int64_t>;

void addBlock(PairCounts& pairs, std::int64_t tokens, const Block& block,
              const std::vector<std::int64_t>& queries, const std::vector<std::int64_t>& keys,
              std::int64_t heads) {
    for (std::int64_t q = block.queries.begin; q < block.queries.end; ++q) {
        const bool all = block.mask == MaskKind::Full;
        const std::int64_t end =
            all ? block.keys.end
                : std::min(block.keys.end, block.keys.begin + q - block.queries.begin + 1);
        const std::int64_t row = queries.at(static_cast<std::size_t>(q)) * tokens;
        for (std::int64_t k = block.keys.begin; k < end; ++k)
            pairs.at(static_cast<std::size_t>(row + keys[static_cast<std::size_t>(k)])) += heads;
    }
}

// Over all ranks.
PairCounts attended(const Schedule& schedule, const AttentionShape& shape, Pass pass) {
    PairCounts pairs(static_cast<std::size_t>(shape.tokens * shape.tokens));
    for (const RankSchedule& passes : allRanks(schedule)) {
        for (const Step& step : pass == Pass::Forward ? passes.forward : passes.backward) {
            const auto queries = rowTokens(schedule, step.queriesOf);
            const auto keys = rowTokens(schedule, step.keysOf);
            for (const Block& block : step.blocks)
                addBlock(pairs, shape.tokens, block, queries, keys, queryHeads(schedule, step));
        }
    }
    return pairs;
}

PairCounts wanted(const AttentionShape& shape) {
    PairCounts pairs;
    for (std::int64_t q = 0; q < shape.tokens; ++q)
        for (std::int64_t k = 0; k < shape.tokens; ++k)
            pairs.push_back(shape.causal && k > q ? 0 : shape.heads);
    return pairs;
}

// Of another mode, schedules are the same whatever the shape says of groups.
bool groupsRanks(const Mode& mode) {
    return mode.name == modenames::usp || mode.name == modenames::doubleRing;
}

void forEveryLegalSchedule(
    const std::function<void(const Mode&, const AttentionShape&, const Schedule&)>& check) {
    for (const test::LaidOutMode& laidOut : test::laidOutModes()) {
        const Mode& mode = *laidOut.mode;
        for (int ranks : {1, 2, 3, 4, 6, 8}) {
            if (!mode.sharded && ranks > 1) continue;
            for (bool causal : {true, false}) {
                // In every way in which two levels of ranks can be grouped.
                for (int inner = 1; inner <= ranks; ++inner) {
                    for (bool neighbours : {true, false}) {
                        if (!groupsRanks(mode) && (inner > 1 || !neighbours)) continue;
                        AttentionShape shape = shapeOf(ranks, causal);
                        shape.ulysses = shape.innerRing = inner;
                        shape.ulyssesInner = neighbours;
                        const Result<Schedule> schedule = test::scheduleOf(laidOut, shape);
                        if (!schedule.ok()) continue;
                        SCOPED_TRACE(laidOut.name() + " on " + std::to_string(ranks) +
                                     " ranks by " + std::to_string(inner) +
                                     (neighbours ? "" : " apart") + (causal ? ", causal" : ""));
                        check(mode, shape, *schedule);
                    }
                }
            }
        }
    }
}

TEST(EveryMode, ComputesEachPairOfTheMaskOncePerHead) {
    forEveryLegalSchedule([](const Mode&, const AttentionShape& shape, const Schedule& schedule) {
        const PairCounts all = wanted(shape);
        EXPECT_EQ(attended(schedule, shape, Pass::Forward), all);
        EXPECT_EQ(attended(schedule, shape, Pass::Backward), all);
    });
}

TEST(EveryMode, MatchesEachSendWithAReceiveOfTheSameBytesInTheStepThatNeedsIt) {
    using Message =
        std::tuple<int, int, Payload, int, std::int64_t>;  // from, to, what, step, bytes
    forEveryLegalSchedule([](const Mode&, const AttentionShape&, const Schedule& schedule) {
        for (const auto pass : {&RankSchedule::forward, &RankSchedule::backward}) {
            std::multiset<Message> sent;
            std::multiset<Message> received;
            for (int rank = 0; rank < schedule.ranks; ++rank) {
                const RankSchedule steps = stepsOf(schedule, rank);
                for (const Step& step : steps.*pass) {
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

// The promise of PostTime.
TEST(EveryMode, NeedsNoTransferBeforeItIsPosted) {
    forEveryLegalSchedule([](const Mode& mode, const AttentionShape&, const Schedule& schedule) {
        for (const RankSchedule& rank : allRanks(schedule))
            for (const auto* pass : {&rank.forward, &rank.backward})
                for (const Step& step : *pass)
                    for (const Transfer& t : step.transfers) {
                        const bool late = t.posted == PostTime::AfterBlocks;
                        const bool mayOverlap = t.payload == Payload::KeyValueGrad ||
                                                (t.kind == TransferKind::AllToAll && late);
                        EXPECT_GE(t.neededBy, step.index + (late && !mayOverlap)) << mode.name;
                        EXPECT_LE(t.neededBy, std::ssize(*pass)) << mode.name;
                    }
    });
}

TEST(EveryMode, PostsTheSameCollectivesOnEveryRank) {
    using Collective = std::tuple<int, TransferKind, Payload, PostTime>;
    forEveryLegalSchedule([](const Mode&, const AttentionShape&, const Schedule& schedule) {
        std::set<std::vector<Collective>> orders;
        for (const RankSchedule& rank : allRanks(schedule)) {
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

TEST(EveryMode, SendsTheSameBytesFromEveryRankUnlessKeysStopBeforeTheFullRound) {
    forEveryLegalSchedule([](const Mode& mode, const AttentionShape& shape,
                             const Schedule& schedule) {
        std::int64_t busiest = 0;
        for (const int rank : ranksToMeasure(schedule))
            busiest = std::max(busiest, sentBytes(schedule, rank));
        const bool stops = mode.name == modenames::ring || mode.name == modenames::dilatedRing ||
                           mode.name == modenames::neededBlocks;
        const bool alike = !stops || !shape.causal;
        for (int rank = 0; rank < schedule.ranks; ++rank) {
            EXPECT_LE(sentBytes(schedule, rank), busiest);
            EXPECT_TRUE(!alike || sentBytes(schedule, rank) == busiest);
        }
    });
}

TEST(EveryMode, NeedsTheMostBuffersOnOneOfItsBusiestRanks) {
    forEveryLegalSchedule([](const Mode&, const AttentionShape&, const Schedule& schedule) {
        std::int64_t most = 0;
        for (const int rank : ranksToMeasure(schedule))
            most = std::max(most, bufferBytes(schedule, stepsOf(schedule, rank)));
        for (const RankSchedule& steps : allRanks(schedule))
            EXPECT_LE(bufferBytes(schedule, steps), most);
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
    std::vector<std::string> words = modeNames();
    words.emplace_back(modenames::automatic);
    EXPECT_EQ(mode->choices, words);
}

// The busiest rank's pairs over the mean: what imbalance alone costs.
double imbalance(const Schedule& schedule) {
    std::int64_t most = 0;
    std::int64_t all = 0;
    for (int rank = 0; rank < schedule.ranks; ++rank) {
        most = std::max(most, attendedPairs(schedule, rank));
        all += attendedPairs(schedule, rank);
    }
    return static_cast<double>(most * schedule.ranks) / static_cast<double>(all);
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
    for (const char* mode : {"ring", "zigzag", "striped"}) {
        AttentionShape shape = llama8b();
        shape.causal = std::string_view(mode) != "ring";
        EXPECT_EQ(sentBytes(findMode(mode)->schedule(shape).value(), 3), (224 + 224 + 448) * mib);
    }
}

// Keys go on to the last rank. Their gradients begin at the first rank that the keys came to, and
// go straight home from the last.
TEST(Ring, SendsNoKeysToRanksThatDoNotSeeThem) {
    const std::int64_t keys = 32 << 20, gradients = 64 << 20;
    const Schedule schedule = findMode("ring")->schedule(llama8b()).value();
    for (int rank = 0; rank < 7; ++rank)
        EXPECT_EQ(sentBytes(schedule, rank), 2 * (rank + 1) * keys + rank * gradients) << rank;
    EXPECT_EQ(sentBytes(schedule, 7), 7 * gradients);
    for (const RankSchedule& steps : allRanks(schedule))
        for (const Step& step : steps.forward)
            for (const Transfer& transfer : step.transfers)
                EXPECT_EQ(transfer.peer,
                          step.queriesOf.first + (transfer.kind == TransferKind::Send ? 1 : -1));
}

TEST(GatheredKeys, SendAsManyBytesAsARing) {
    const std::int64_t mib = 1 << 20;
    for (const char* mode : {"llama3", "ring-allgather"})  // gradients in fp32
        EXPECT_EQ(sentBytes(findMode(mode)->schedule(llama8b()).value(), 3),
                  (224 + 224 + 448) * mib);
}

TEST(Llama3, GathersTheNextHeadsWhileItComputesTheLast) {
    const RankSchedule rank = stepsOf(findMode("llama3")->schedule(llama8b()).value(), 3);
    ASSERT_EQ(rank.forward.size(), 4U);
    std::int64_t next = 0;
    for (const Step& step : rank.forward) {
        EXPECT_EQ(step.heads, (HeadSpan{next, next + 2}));
        next += 2;
        for (const Transfer& gather : step.transfers)
            EXPECT_TRUE(gather.neededBy == step.index + 1 || step.index == 0);
    }
    EXPECT_EQ(next, 8);
    EXPECT_EQ(rank.backward.front().transfers.back().kind, TransferKind::ReduceScatter);
}

TEST(Llama3, TakesHeadsThatDoNotDivideIntoGroups) {
    AttentionShape shape = shapeOf(2);
    shape.kvHeads = 6;
    const RankSchedule rank = stepsOf(findMode("llama3")->schedule(shape).value(), 0);
    std::vector<std::int64_t> sizes;
    for (const Step& step : rank.forward) sizes.push_back(step.heads.size());
    EXPECT_EQ(sizes, (std::vector<std::int64_t>{1, 2, 1, 2}));
}

TEST(RingAllgather, ComputesTheSameOnEveryRank) {
    EXPECT_EQ(imbalance(findMode("ring-allgather")->schedule(shapeOf(4)).value()), 1.0);
    EXPECT_NEAR(imbalance(findMode("llama3")->schedule(shapeOf(4)).value()), 1.75, 0.05);
}

TEST(Ulysses, SendsFewerBytesThanARing) {
    const std::int64_t mib = 1 << 20;
    EXPECT_EQ(sentBytes(findMode("ulysses")->schedule(llama8b()).value(), 3), (140 + 140) * mib);
    AttentionShape replicated = llama8b();
    replicated.ranks = 16;  // twice as many as key/value heads
    EXPECT_EQ(sentBytes(findMode("ulysses")->schedule(replicated).value(), 3), (90 + 90) * mib);
}

// Payload and the step it is needed by, of each transfer of a step.
std::vector<std::pair<Payload, int>> neededBy(const Step& step) {
    std::vector<std::pair<Payload, int>> needs;
    for (const Transfer& transfer : step.transfers)
        needs.emplace_back(transfer.payload, transfer.neededBy);
    return needs;
}

TEST(Ulysses, BringsTheNextHeadsWhileSomeAreComputed) {
    AttentionShape shape{.ranks = 2, .tokens = 16, .heads = 12, .kvHeads = 6, .headDim = 4};
    using enum Payload;
    const std::vector<Step> steps =
        stepsOf(findMode("ulysses")->schedule(shape).value(), 1).forward;
    ASSERT_EQ(steps.size(), 3U);  // of 3 key heads a rank
    EXPECT_THAT(neededBy(steps[0]),
                ElementsAre(Pair(QueryKeyValue, 0), Pair(QueryKeyValue, 1), Pair(Output, 1)));
    EXPECT_THAT(neededBy(steps[1]), ElementsAre(Pair(QueryKeyValue, 2), Pair(Output, 2)));
    EXPECT_THAT(neededBy(steps[2]), ElementsAre(Pair(Output, 3)));

    shape.ahead = false;
    const std::vector<Step> synchronous =
        stepsOf(findMode("ulysses")->schedule(shape).value(), 1).forward;
    for (const Step& step : synchronous)
        EXPECT_THAT(neededBy(step),
                    ElementsAre(Pair(QueryKeyValue, step.index), Pair(Output, step.index)));
    shape.ranks = 1;
    EXPECT_EQ(stepsOf(findMode("ulysses")->schedule(shape).value(), 0).forward.size(), 1U);
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
    for (const RankSchedule& rank : allRanks(schedule)) {
        for (const Step& step : rank.forward) {
            std::int64_t pairs = 0;
            for (const Block& block : step.blocks) pairs += attendedPairs(block);
            EXPECT_EQ(pairs, step.index == 0 ? 12 * 13 / 2 : 12 * 12 / 2);
        }
    }
}

TEST(Striped, IsBalancedButForADiagonal) {
    EXPECT_NEAR(imbalance(findMode("striped")->schedule(shapeOf(2)).value()), 1.020, 0.001);
    EXPECT_NEAR(imbalance(findMode("striped")->schedule(shapeOf(4)).value()), 1.061, 0.001);
    EXPECT_NEAR(imbalance(findMode("striped")->schedule(shapeOf(8)).value()), 1.143, 0.001);
}

Schedule uspOf(int ranks, int group, bool inner, std::int64_t tokens) {
    AttentionShape shape = shapeOf(ranks);
    shape.tokens = tokens;
    shape.ulysses = group;
    shape.ulyssesInner = inner;
    return findMode("usp")->schedule(shape).value();
}

TEST(Usp, CutsTheChunksOfAPlaceForItsRanksInBothOrders) {
    EXPECT_EQ(uspOf(4, 2, true, 16).owned,
              (ShardLayout{{{0, 4}}, {{12, 16}}, {{4, 8}}, {{8, 12}}}));
    EXPECT_EQ(uspOf(4, 2, false, 16).owned,
              (ShardLayout{{{0, 4}}, {{4, 8}}, {{12, 16}}, {{8, 12}}}));
}

TEST(Usp, ExchangesHeadsWithinAGroupAndKeysBetweenGroups) {
    for (const bool inner : {true, false}) {
        const Schedule schedule = uspOf(6, 2, inner, 48);
        const RankSchedule rank = stepsOf(schedule, 3);
        ASSERT_EQ(rank.forward.size(), 3U);
        const Transfer& heads = rank.forward.front().transfers.front();
        EXPECT_EQ(heads.kind, TransferKind::AllToAll);
        EXPECT_EQ(ranksOf(heads.among), inner ? std::vector({2, 3}) : std::vector({0, 3}));
        EXPECT_EQ(rank.forward.front().transfers[1].peer, inner ? 5 : 4);
    }
}

TEST(Usp, IsZigzagWithGroupsOfOneAndUlyssesWithOneGroup) {
    const auto bytes = [](const Schedule& schedule) { return sentBytes(schedule, 1); };
    EXPECT_EQ(bytes(uspOf(4, 1, true, 48)),
              bytes(findMode("zigzag")->schedule(shapeOf(4)).value()));
    EXPECT_EQ(bytes(uspOf(4, 4, true, 48)),
              bytes(findMode("ulysses")->schedule(shapeOf(4)).value()));
}

TEST(Usp, ChoosesTheLargestGroupThatLeavesARing) {
    const auto group = [](int ranks) {
        AttentionShape shape = shapeOf(ranks);
        return stepsOf(findMode("usp")->schedule(shape).value(), 0).forward[0].queriesOf.count;
    };
    EXPECT_EQ(group(2), 2);
    EXPECT_EQ(group(4), 2);
    EXPECT_EQ(group(8), 4);
}

TEST(Usp, NamesTheLegalGroups) {
    AttentionShape shape = shapeOf(6);
    shape.ulysses = 4;
    EXPECT_EQ(findMode("usp")->schedule(shape).error().message,
              "usp needs parallel.ulysses to divide the 6 ranks of a sequence; got 4; legal: 1, 2");
    shape.ulysses = 3;
    EXPECT_EQ(findMode("usp")->schedule(shape).error().message,
              "usp needs key/value heads that divide into ranks or ranks into them: "
              "4 key/value heads, 3 ranks; legal: 1, 2");
    shape.ulysses = 2;
    shape.tokens = 50;
    EXPECT_EQ(findMode("usp")->schedule(shape).error().message,
              "usp splits the sequence into 6 equal parts; 50 tokens do not divide; use 48 or 54");
}

TEST(DoubleRing, ComputesTheKeysOfItsInnerRingBeforeThoseOfTheNext) {
    AttentionShape shape = shapeOf(6);
    shape.innerRing = 3;
    const RankSchedule rank = stepsOf(findMode("double-ring")->schedule(shape).value(), 0);
    std::vector<int> keys;
    for (const Step& step : rank.forward) keys.push_back(step.keysOf.first);
    EXPECT_EQ(keys, (std::vector{0, 2, 1, 3, 5, 4}));
}

TEST(DoubleRing, GivesTheSlowMessageAWholeRoundAndSendsAsManyBytesAsARing) {
    AttentionShape shape = shapeOf(6);
    shape.innerRing = 3;
    const Schedule schedule = findMode("double-ring")->schedule(shape).value();
    int slow = 0;
    const RankSchedule second = stepsOf(schedule, 1);
    for (const Step& step : second.forward) {
        for (const Transfer& transfer : step.transfers) {
            if (transfer.among.count == 0) continue;
            ++slow;
            EXPECT_EQ(transfer.neededBy, step.index + 3);
            EXPECT_EQ(transfer.peer, 4);
        }
    }
    EXPECT_EQ(slow, 2);  // one sent, one received
    EXPECT_EQ(sentBytes(schedule, 1), sentBytes(findMode("zigzag")->schedule(shape).value(), 1));
}

TEST(DoubleRing, NamesTheLegalInnerRings) {
    AttentionShape shape = shapeOf(6);
    shape.innerRing = 4;
    EXPECT_EQ(findMode("double-ring")->schedule(shape).error().message,
              "double-ring needs parallel.inner_ring to divide the 6 ranks of a sequence; got 4; "
              "legal: 1, 2, 3, 6");
}

TEST(Ring, ComputesHalfOfItsOwnRowsWhileItsGradientsComeHome) {
    for (const bool causal : {true, false}) {
        const Schedule schedule = findMode("ring")->schedule(shapeOf(4, causal)).value();
        EXPECT_EQ(stepsOf(schedule, 3).backward.back().blocks.empty(), causal) << "nothing to come";
        const RankSchedule steps = stepsOf(schedule, 2);
        std::int64_t rows = 0;
        for (const Block& block : steps.backward.back().blocks) rows += block.queries.size();
        EXPECT_EQ(rows, steps.forward.front().blocks.front().queries.size() / 2);
        EXPECT_EQ(steps.backward.back().keysOf, steps.backward.back().queriesOf);
    }
}

TEST(Ring, LeavesStepsWithKeysOfLaterTokensEmpty) {
    const Schedule schedule = findMode("ring")->schedule(shapeOf(4)).value();
    for (int rank = 0; rank < 4; ++rank) {
        const RankSchedule steps = stepsOf(schedule, rank);
        for (const Step& step : steps.forward)
            EXPECT_EQ(step.blocks.empty(), step.keysOf.first > rank);
    }
}

}  // namespace
}  // namespace ringscope
