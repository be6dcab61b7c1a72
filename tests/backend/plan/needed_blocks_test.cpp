// needed-blocks sends what is seen, row by row and head by head, and nothing else.
#include "backend/plan/blocks.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/patterns/pattern.h"
#include "backend/plan/run_plan.h"
#include "tests/backend/plan/all_ranks.h"
#include "tests/backend/plan/any_mask.h"
#include "tests/backend/plan/laid_out_modes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace ringscope {
namespace {

using test::allRanks;
using test::grants;

constexpr std::int64_t tokens = 96;
constexpr std::int64_t kvHeads = 4;

AttentionShape shapeOf(int ranks, const PatternConfig& pattern, bool causal = true) {
    AttentionShape shape{.ranks = ranks,
                         .tokens = tokens,
                         .heads = 2 * kvHeads,
                         .kvHeads = kvHeads,
                         .headDim = 4,
                         .causal = causal};
    shape.pattern =
        makePattern(pattern,
                    {.tokens = tokens, .heads = 2 * kvHeads, .kvHeads = kvHeads, .causal = causal})
            .value();
    return shape;
}

Schedule neededBlocks(const AttentionShape& shape, const AttentionMask& mask) {
    return masked(findMode("needed-blocks")->schedule(shape).value(), mask, shape.pattern);
}

bool seesDilated(const PatternConfig& pattern, std::int64_t query, std::int64_t key,
                 std::int64_t head) {
    for (std::size_t branch = 0; branch < pattern.rates.size(); ++branch) {
        const std::int64_t rate = pattern.rates[branch];
        const std::int64_t length = pattern.segments[branch];
        const auto isIn = [&](std::int64_t token) { return token % length % rate == head % rate; };
        if (query / length == key / length && isIn(query) && isIn(key)) return true;
    }
    return false;
}

// By the definition alone.
bool sees(const PatternConfig& pattern, std::int64_t query, std::int64_t key, std::int64_t head) {
    if (pattern.kind == PatternKind::None) return true;
    if (pattern.kind == PatternKind::Dilated) return seesDilated(pattern, query, key, head);
    const std::int64_t distance = std::abs(query / pattern.block - key / pattern.block);
    return distance <= pattern.local || (pattern.stride > 0 && distance % pattern.stride == 0) ||
           key / pattern.block * pattern.block < pattern.globalTokens;
}

using Rows = std::set<std::pair<std::int64_t, std::int64_t>>;  // row and head

Rows rowsOf(const Transfer& transfer, std::int64_t held) {
    Rows rows;
    const std::vector<KeyRows> all = {{.rows = {0, held}, .heads = {0, kvHeads}}};
    for (const KeyRows& part : transfer.parts.empty() ? all : transfer.parts)
        for (std::int64_t row = part.rows.begin; row < part.rows.end; row += part.step)
            for (std::int64_t head = part.heads.begin; head < part.heads.end; ++head)
                EXPECT_TRUE(rows.insert({row, head}).second) << "twice";
    return rows;
}

// What `reader` needs of the keys of `owner`.
Rows seenRows(const PatternConfig& pattern, const AttentionMask& mask, std::int64_t held,
              int reader, int owner) {
    Rows rows;
    for (std::int64_t row = 0; row < held; ++row)
        for (std::int64_t head = 0; head < kvHeads; ++head) {
            const std::int64_t key = owner * held + row;
            bool isSeen = false;
            for (std::int64_t query = reader * held; query < (reader + 1) * held; ++query)
                isSeen = isSeen || (sees(pattern, query, key, head) && grants(mask, query, key));
            if (isSeen) rows.insert({row, head});
        }
    return rows;
}

using Messages = std::map<std::pair<int, int>, Rows>;  // from, to

// Messages of one payload; what is sent must be what is received there.
Messages messagesOf(const Schedule& schedule, std::vector<Step> RankSchedule::*pass,
                    Payload payload) {
    Messages sent, received;
    const std::int64_t held = tokens / schedule.ranks;
    const std::vector<RankSchedule> ranks = allRanks(schedule);
    for (int rank = 0; rank < schedule.ranks; ++rank)
        for (const Step& step : ranks[static_cast<std::size_t>(rank)].*pass)
            for (const Transfer& transfer : step.transfers) {
                if (transfer.payload != payload) continue;
                const Rows rows = rowsOf(transfer, held);
                const bool sends = transfer.kind == TransferKind::Send;
                EXPECT_EQ(sends ? transfer.sentBytes : transfer.receivedBytes,
                          std::ssize(rows) * 2 * 4 * 4);
                (sends ? sent[{rank, transfer.peer}] : received[{transfer.peer, rank}]) = rows;
            }
    EXPECT_EQ(sent, received);
    return sent;
}

Messages turned(const Messages& messages) {
    Messages back;
    for (const auto& [ranks, rows] : messages) back[{ranks.second, ranks.first}] = rows;
    return back;
}

std::vector<PatternConfig> patterns() {
    using enum PatternKind;
    return {{},
            {.kind = BlockSparse, .block = 8, .local = 1},
            {.kind = BlockSparse, .block = 7, .stride = 3, .globalTokens = 10},
            {.kind = Dilated, .segments = {4, 96, 200}, .rates = {1, 2, 4}},
            {.kind = Dilated, .segments = {7, 31}, .rates = {1, 3}}};
}

TEST(NeededBlocks, SendsTheRowsThatAreSeenAndTheirGradientsBack) {
    for (const PatternConfig& pattern : patterns())
        for (const int ranks : {2, 3, 4, 8})
            for (const bool causal : {true, false})
                for (AttentionMask mask :
                     {AttentionMask{}, {.left = 21}, {.documents = {0, 50, 96}}}) {
                    mask.causal = causal;
                    Messages wanted;
                    for (int reader = 0; reader < ranks; ++reader)
                        for (int owner = 0; owner < ranks; ++owner) {
                            Rows rows = seenRows(pattern, mask, tokens / ranks, reader, owner);
                            if (reader != owner && !rows.empty()) wanted[{owner, reader}] = rows;
                        }
                    const Schedule schedule = neededBlocks(shapeOf(ranks, pattern, causal), mask);
                    for (const auto pass : {&RankSchedule::forward, &RankSchedule::backward})
                        EXPECT_EQ(messagesOf(schedule, pass, Payload::KeyValue), wanted);
                    EXPECT_EQ(messagesOf(schedule, &RankSchedule::backward, Payload::KeyValueGrad),
                              turned(wanted));
                }
}

// Each message is one stretch of rows of all heads.
TEST(NeededBlocks, OfNearBlocksSendsTheLastOnesOfARank) {
    const Schedule schedule =
        neededBlocks(shapeOf(4, {.kind = PatternKind::BlockSparse, .block = 8, .local = 1}), {});
    for (int rank = 0; rank < 4; ++rank) {
        std::vector<Transfer> sent;
        for (const Step& step : stepsOf(schedule, rank).forward)
            for (const Transfer& transfer : step.transfers)
                if (transfer.kind == TransferKind::Send) sent.push_back(transfer);
        ASSERT_EQ(sent.size(), rank < 3 ? 1U : 0U);
        if (rank == 3) continue;
        EXPECT_EQ(sent.front().peer, rank + 1);
        EXPECT_EQ(sent.front().parts,
                  (std::vector<KeyRows>{{.rows = {16, 24}, .heads = {0, kvHeads}}}));
    }
}

TEST(NeededBlocks, WithoutAPatternSendsWhatACausalRingDoes) {
    for (const bool causal : {true, false}) {
        const AttentionShape shape = shapeOf(4, {}, causal);
        std::int64_t needed = 0, ring = 0;
        for (int rank = 0; rank < 4; ++rank) {
            needed += sentBytes(findMode("needed-blocks")->schedule(shape).value(), rank);
            ring += sentBytes(findMode("ring")->schedule(shape).value(), rank);
        }
        EXPECT_EQ(needed, ring);
    }
}

// Of blocks that tokens choose, a causal mask leaves those before.
TEST(NeededBlocks, SendsAllKeysThatMayBeChosen) {
    const AttentionShape shape =
        shapeOf(4, {.kind = PatternKind::BlockSparse, .block = 8, .topK = 2});
    const Schedule schedule = neededBlocks(shape, {});
    EXPECT_EQ(schedule.summedBlocks, 3);
    const Messages sent = messagesOf(schedule, &RankSchedule::forward, Payload::KeyValue);
    EXPECT_EQ(sent.size(), 6U);
    for (const auto& [ranks, rows] : sent) {
        EXPECT_LT(ranks.first, ranks.second);
        EXPECT_EQ(std::ssize(rows), 24 * kvHeads);
    }
}

// What a batch's documents hide is not known when rows are named: they are sent.
TEST(NeededBlocks, SendsAllKeysOverALayoutThatChangesFromBatchToBatch) {
    const PatternConfig near{.kind = PatternKind::BlockSparse, .block = 8, .local = 1};
    const AttentionShape shape = shapeOf(4, near);
    const Mode& mode = *findMode("needed-blocks");
    const LayoutChoice choice{.layout = ShardChoice::Documents, .tokens = tokens};
    const auto layout = chosenLayout(mode, shape, choice).value();
    ASSERT_TRUE(layout->changes);
    const Schedule schedule = masked(scheduleOver(mode, shape, layout).value(), {}, shape.pattern);
    const Messages sent = messagesOf(schedule, &RankSchedule::forward, Payload::KeyValue);
    EXPECT_EQ(sent.size(), 12U);
    for (const auto& [ranks, rows] : sent) EXPECT_EQ(std::ssize(rows), 24 * kvHeads);
}

// The most that a rank sends in a layer, forward and backward, in MiB: 16Ki tokens a rank, 64 heads
// and 8 of keys of 128 columns, bf16, blocks of 128 tokens.
std::int64_t sentMiB(std::string_view mode, int ranks, PatternConfig pattern) {
    pattern.kind = PatternKind::BlockSparse;
    AttentionShape shape{.ranks = ranks,
                         .tokens = ranks * 16384LL,
                         .heads = 64,
                         .kvHeads = 8,
                         .headDim = 128,
                         .elementBytes = 2};
    shape.pattern =
        makePattern(pattern, {.tokens = shape.tokens, .heads = 64, .kvHeads = 8}).value();
    const Schedule schedule = masked(findMode(mode)->schedule(shape).value(), {}, shape.pattern);
    std::int64_t most = 0;
    for (const int rank : ranksToMeasure(schedule))
        most = std::max(most, sentBytes(schedule, rank));
    return most >> 20;
}

TEST(NeededBlocks, HasTheTableOfBytesOfItsDecisionRecord) {
    const PatternConfig near{.local = 7};
    const std::map<std::string, std::pair<int, int>> table = {{"needed-blocks", {14, 14}},
                                                              {"ring", {256, 256}},
                                                              {"zigzag", {512, 512}},
                                                              {"llama3", {1792, 16128}},
                                                              {"ulysses", {1008, 2016}}};
    for (const auto& [mode, mib] : table) {
        EXPECT_EQ(sentMiB(mode, 8, near), mib.first) << mode;
        EXPECT_EQ(sentMiB(mode, 64, near), mib.second) << mode;
    }
    const PatternConfig first{.local = 7, .globalTokens = 256};
    EXPECT_EQ(sentMiB("needed-blocks", 8, first), 21);
    EXPECT_EQ(sentMiB("needed-blocks", 64, first), 133);
    const PatternConfig far{.local = 7, .stride = 64};
    EXPECT_EQ(sentMiB("needed-blocks", 8, far), 896);
    EXPECT_EQ(sentMiB("needed-blocks", 64, far), 8064);
}

}  // namespace
}  // namespace ringscope
