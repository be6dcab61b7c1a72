// Every mode's schedule under every kind of mask: the blocks hold exactly the pairs the mask
// grants.
#include "backend/plan/blocks.h"

#include "backend/plan/mode_table.h"
#include "tests/backend/plan/all_ranks.h"
#include "tests/backend/plan/laid_out_modes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <vector>

namespace ringscope {
namespace {

using test::allRanks;

using Pairs = std::vector<std::uint8_t>;  // [query * tokens + key]: how often computed

constexpr std::int64_t tokens = 288;

std::size_t at(std::int64_t query, std::int64_t key) {
    return static_cast<std::size_t>(query * tokens + key);
}

std::vector<std::int64_t> tokensOf(const std::vector<TokenSpan>& spans) {
    std::vector<std::int64_t> tokens;
    for (const TokenSpan& span : spans)
        for (std::int64_t token = span.begin; token < span.end; ++token) tokens.push_back(token);
    return tokens;
}

// The key rows that each row of the block sees, counted from the block's first key.
std::vector<TokenSpan> rowsSeen(const Block& block, const AttentionMask& mask) {
    if (block.mask == MaskKind::Positions)
        return visibleRows(mask, block.queryTokens, block.queries.size(), block.keyTokens,
                           block.keys.size());
    std::vector<TokenSpan> seen;
    for (std::int64_t row = 0; row < block.queries.size(); ++row)
        seen.push_back({0, block.mask == MaskKind::Causal ? row + 1 : block.keys.size()});
    return seen;
}

void addPairs(Pairs& pairs, const Block& block, const AttentionMask& mask,
              const std::vector<std::int64_t>& queries, const std::vector<std::int64_t>& keys) {
    const std::vector<TokenSpan> rows = rowsSeen(block, mask);
    std::vector<std::int64_t> keyTokens;
    for (std::int64_t key = 0; key < block.keys.size(); ++key) {
        keyTokens.push_back(keys.at(static_cast<std::size_t>(block.keys.begin + key)));
        EXPECT_EQ(keyTokens.back(), block.keyTokens.at(key));
    }
    std::int64_t count = 0;
    for (std::int64_t row = 0; row < block.queries.size(); ++row) {
        const std::int64_t query = queries.at(static_cast<std::size_t>(block.queries.begin + row));
        EXPECT_EQ(query, block.queryTokens.at(row));
        const TokenSpan seen = rows[static_cast<std::size_t>(row)];
        ASSERT_LE(seen.end, block.keys.size());
        for (std::int64_t key = seen.begin; key < seen.end; ++key)
            ++pairs[at(query, keyTokens[static_cast<std::size_t>(key)])];
        count += std::max<std::int64_t>(seen.size(), 0);
    }
    EXPECT_EQ(count, attendedPairs(block));
    EXPECT_GT(count, 0) << "a block without a pair";
    EXPECT_TRUE(block.mask != MaskKind::Causal || block.queries.size() == block.keys.size());
}

bool maskGrants(const AttentionMask& mask, std::int64_t query, std::int64_t key) {
    if (mask.causal && key > query) return false;
    if (mask.left && query - key > *mask.left) return false;
    if (mask.right && key - query > *mask.right) return false;
    for (const std::int64_t boundary : mask.documents)
        if ((query < boundary) != (key < boundary)) return false;
    return true;
}

Pairs expectedPairs(const AttentionMask& mask) {
    Pairs pairs(static_cast<std::size_t>(tokens * tokens));
    for (std::int64_t query = 0; query < tokens; ++query)
        for (std::int64_t key = 0; key < tokens; ++key)
            if (maskGrants(mask, query, key)) pairs[at(query, key)] = 1;
    return pairs;
}

std::vector<AttentionMask> masksFor(bool causal) {
    const std::vector<std::int64_t> few = {0, 100, tokens / 2, tokens - 5, tokens};
    const std::vector<std::int64_t> many = {0, 1, 2, 5, 90, 91, 200, tokens};
    return {{.causal = causal},
            {.causal = causal, .left = 0},
            {.causal = causal, .left = 17},
            {.causal = causal, .left = 150},
            {.causal = causal, .left = 9, .right = 80},
            {.causal = causal, .right = 3},
            {.causal = causal, .documents = few},
            {.causal = causal, .documents = many},
            {.causal = causal, .left = 40, .documents = few}};
}

class MaskedMode : public ::testing::TestWithParam<test::LaidOutMode> {};

TEST_P(MaskedMode, ComputesEveryPairTheMaskGrantsOnceAndNoOther) {
    const Mode& mode = *GetParam().mode;
    for (bool causal : {true, false}) {
        for (const AttentionMask& mask : masksFor(causal)) {
            const Pairs expected = expectedPairs(mask);
            for (int ranks : mode.sharded ? std::vector{1, 2, 3, 4} : std::vector{1}) {
                const Result<Schedule> plain = test::scheduleOf(GetParam(),
                                                                {.ranks = ranks,
                                                                 .tokens = tokens,
                                                                 .heads = 12,
                                                                 .kvHeads = 12,
                                                                 .causal = causal},
                                                                mask.documents);
                ASSERT_TRUE(plain.ok()) << plain.error().message;
                const Schedule schedule = masked(*plain, mask);
                Pairs pairs(static_cast<std::size_t>(tokens * tokens));
                for (int rank = 0; rank < ranks; ++rank) {
                    const RankSchedule steps = stepsOf(schedule, rank);
                    for (const Step& step : steps.forward) {
                        // Ranks and steps that split heads compute the same pairs, each for its
                        // heads.
                        const bool headsOfOthers =
                            schedule.headsPerRank < 12 && rank != step.queriesOf.first;
                        if (headsOfOthers || step.heads.begin > 0) continue;
                        const auto queries =
                            tokensOf(ringscope::tokensOf(schedule.owned, step.queriesOf));
                        const auto keys =
                            tokensOf(ringscope::tokensOf(schedule.owned, step.keysOf));
                        for (const Block& block : step.blocks)
                            addPairs(pairs, block, mask, queries, keys);
                    }
                }
                EXPECT_EQ(pairs, expected) << GetParam().name() << " on " << ranks << " ranks";
                EXPECT_EQ(visiblePairs(mask, tokens),
                          std::accumulate(pairs.begin(), pairs.end(), std::int64_t{0}));
            }
        }
    }
}

TEST_P(MaskedMode, ComputesTheSamePairsInBothPasses) {
    const int ranks = GetParam().mode->sharded ? 2 : 1;
    const Schedule schedule = masked(
        test::scheduleOf(GetParam(), {.ranks = ranks, .tokens = 256, .heads = 2, .kvHeads = 2})
            .value(),
        {.left = 70});
    for (const RankSchedule& rank : allRanks(schedule))
        EXPECT_EQ(attendedPairs(schedule, rank),
                  attendedPairs(schedule, {.forward = rank.backward}));
}

INSTANTIATE_TEST_SUITE_P(Modes, MaskedMode, ::testing::ValuesIn(test::laidOutModes()),
                         [](const auto& info) { return info.param.name(); });

bool moves(const Step& step, TransferKind kind, Payload payload, bool ofOwnKeys) {
    return std::ranges::any_of(step.transfers, [&](const Transfer& transfer) {
        return transfer.kind == kind && transfer.payload == payload &&
               transfer.ofOwnKeys == ofOwnKeys;
    });
}

std::int64_t sentByAll(const Schedule& schedule) {
    std::int64_t bytes = 0;
    for (int rank = 0; rank < schedule.ranks; ++rank) bytes += sentBytes(schedule, rank);
    return bytes;
}

// Steps that compute nothing fetch nothing and send no gradients back; the others do both.
TEST_P(MaskedMode, FetchesOnlyKeysThatItsQueriesSee) {
    const Mode& mode = *GetParam().mode;
    for (int ranks : mode.sharded ? std::vector{2, 3, 4, 6} : std::vector{1}) {
        for (bool causal : {true, false}) {
            const AttentionShape shape{
                .ranks = ranks, .tokens = tokens, .heads = 12, .kvHeads = 12, .causal = causal};
            const Schedule plain = test::scheduleOf(GetParam(), shape).value();
            for (const AttentionMask& mask : masksFor(causal)) {
                const Schedule schedule = masked(plain, mask);
                EXPECT_LE(sentByAll(schedule), sentByAll(plain));
                // Ranks of a causal ring do not send alike, so a single one may send more.
                const bool alike = (mode.name != "ring" && mode.name != "dilated-ring") || !causal;
                for (int rank = 0; rank < (alike ? ranks : 0); ++rank)
                    EXPECT_LE(sentBytes(schedule, rank), sentBytes(plain, rank));
                if (!schedule.needs) continue;
                for (const RankSchedule& steps : allRanks(schedule)) {
                    for (std::size_t i = 1; i < steps.forward.size(); ++i) {
                        const bool computes = !steps.forward[i].blocks.empty();
                        EXPECT_EQ(moves(steps.forward[i - 1], TransferKind::Receive,
                                        Payload::KeyValue, false),
                                  computes);
                        EXPECT_EQ(moves(steps.backward[i], TransferKind::Send,
                                        Payload::KeyValueGrad, false),
                                  computes);
                    }
                }
            }
        }
    }
}

using Message = std::tuple<int, int, Payload, int, std::int64_t>;  // from, to, what, step, bytes

TEST_P(MaskedMode, MatchesEachSendWithAReceive) {
    const Mode& mode = *GetParam().mode;
    for (int ranks : mode.sharded ? std::vector{2, 3, 4, 6} : std::vector{1}) {
        const Schedule plain =
            test::scheduleOf(GetParam(),
                             {.ranks = ranks, .tokens = tokens, .heads = 12, .kvHeads = 12})
                .value();
        for (const AttentionMask& mask : masksFor(true)) {
            const Schedule schedule = masked(plain, mask);
            for (const auto pass : {&RankSchedule::forward, &RankSchedule::backward}) {
                std::multiset<Message> sent;
                std::multiset<Message> received;
                for (int rank = 0; rank < ranks; ++rank) {
                    const RankSchedule steps = stepsOf(schedule, rank);
                    for (const Step& step : steps.*pass) {
                        for (const Transfer& t : step.transfers) {
                            if (t.kind == TransferKind::Send)
                                sent.insert({rank, t.peer, t.payload, t.neededBy, t.sentBytes});
                            if (t.kind == TransferKind::Receive)
                                received.insert(
                                    {t.peer, rank, t.payload, t.neededBy, t.receivedBytes});
                        }
                    }
                }
                EXPECT_EQ(sent, received) << mode.name << " on " << ranks << " ranks";
            }
        }
    }
}

TEST(Masked, SendsARingsKeysNoFurtherThanTheWindowReaches) {
    const AttentionShape shape{.ranks = 4, .tokens = 64, .headDim = 8};
    const Schedule plain = findMode("ring")->schedule(shape).value();
    const std::int64_t keys = 2 * 16 * 8 * 4;  // K and V of a shard in fp32; gradients as well
    for (const auto& [window, reach] : {std::pair{16, 1}, {17, 2}, {32, 2}}) {
        const Schedule windowed = masked(plain, {.left = window});
        for (int rank = 0; rank < 4; ++rank) {
            const int readers = std::min(reach, 3 - rank);
            const int read = std::min(reach, rank);
            EXPECT_EQ(sentBytes(windowed, rank), (2 * readers + read) * keys)
                << "window " << window << ", rank " << rank;
        }
    }
    EXPECT_EQ(sentBytes(masked(plain, {.left = 33}), 1), sentBytes(plain, 1))
        << "every rank needs what it needs without a window: the ring goes round";
}

TEST(Masked, SendsNothingBetweenRanksWithDocumentsOfTheirOwn) {
    const Schedule plain = findMode("ring")->schedule({.ranks = 4, .tokens = 64}).value();
    const Schedule packed = masked(plain, {.documents = {0, 5, 16, 32, 64}});
    EXPECT_EQ(sentBytes(packed, 0), 0);
    EXPECT_EQ(sentBytes(packed, 1), 0);
    EXPECT_GT(sentBytes(packed, 2), 0);
    EXPECT_GT(sentBytes(packed, 3), 0) << "gradients of the keys of 2";
}

TEST(Masked, CutsLongDocumentsIntoBlocksThatPlatformKernelsCanDo) {
    const Schedule plain = findMode("none")->schedule({.ranks = 1, .tokens = 1024}).value();
    const Schedule packed = masked(plain, {.documents = {0, 400, 1024}});
    const std::vector<Block> blocks = stepsOf(packed, 0).forward[0].blocks;
    ASSERT_EQ(blocks.size(), 2U);
    for (const Block& block : blocks) EXPECT_EQ(block.mask, MaskKind::Causal);
    EXPECT_EQ(blocks[1].queries, (TokenSpan{400, 1024}));
    EXPECT_EQ(blocks[1].keys, (TokenSpan{400, 1024}));
}

TEST(Masked, GathersShortDocumentsInOneBlockByPosition) {
    const Schedule plain = findMode("none")->schedule({.ranks = 1, .tokens = 60}).value();
    const Schedule packed = masked(plain, {.documents = {0, 20, 30, 60}});
    const std::vector<Block> blocks = stepsOf(packed, 0).forward[0].blocks;
    ASSERT_EQ(blocks.size(), 1U);
    EXPECT_EQ(blocks[0].mask, MaskKind::Positions);
    EXPECT_EQ(attendedPairs(packed, 0), 20 * 21 / 2 + 10 * 11 / 2 + 30 * 31 / 2);
}

TEST(Masked, KeepsThePairsOfAPlainMaskInFullAndCausalBlocks) {
    const Schedule plain = findMode("zigzag")->schedule({.ranks = 2, .tokens = 1024}).value();
    const Schedule cut = masked(plain, {});
    for (int rank = 0; rank < 2; ++rank) {
        EXPECT_EQ(attendedPairs(cut, rank), attendedPairs(plain, rank));
        const RankSchedule steps = stepsOf(cut, rank);
        for (const Step& step : steps.forward)
            for (const Block& block : step.blocks) EXPECT_NE(block.mask, MaskKind::Positions);
    }
}

TEST(CheckMask, SaysWhatIsWrong) {
    const auto refusal = [](const AttentionMask& mask) {
        const Result<void> checked = checkMask(mask, 12);
        return checked.ok() ? std::string("none") : checked.error().message;
    };
    EXPECT_EQ(refusal({.left = 4, .documents = {0, 5, 12}}), "none");
    EXPECT_EQ(refusal({.left = -1}), "a window reaches 0 or more tokens to a side; got -1");
    EXPECT_EQ(refusal({.documents = {0, 11}}),
              "documents go from token 0 to the sequence's end at 12; got 0 to 11");
    EXPECT_EQ(refusal({.documents = {0, 5, 5, 12}}),
              "documents begin one after another; 5 follows 5");
}

}  // namespace
}  // namespace ringscope
