// Patterns as plans see them: pairs, bytes and refusals.
#include "backend/plan/patterns/pattern.h"

#include "backend/config/mode_names.h"
#include "backend/plan/attention_work.h"
#include "backend/plan/blocks.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/patterns/pattern_table.h"
#include "backend/plan/run_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace ringscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

PatternConfig longNet() {
    return {.kind = PatternKind::Dilated, .segments = {8, 96, 200}, .rates = {1, 2, 4}};
}
PatternConfig nearBlocks() { return {.kind = PatternKind::BlockSparse, .block = 8, .local = 1}; }

AttentionShape patternShape(int ranks, std::int64_t tokens, const PatternConfig& pattern,
                            std::int64_t heads = 8) {
    AttentionShape shape{
        .ranks = ranks, .tokens = tokens, .heads = heads, .kvHeads = heads, .headDim = 4};
    shape.pattern =
        makePattern(pattern, {.tokens = tokens, .heads = heads, .kvHeads = heads}).value();
    return shape;
}

Schedule scheduleOf(std::string_view mode, const AttentionShape& shape,
                    const AttentionMask& mask = {}) {
    return masked(findMode(mode)->schedule(shape).value(), mask, shape.pattern);
}

std::int64_t pairsOf(const Schedule& schedule) {
    std::int64_t pairs = 0;
    for (int rank = 0; rank < schedule.ranks; ++rank) pairs += attendedPairs(schedule, rank);
    return pairs;
}

TEST(PatternTable, HasARowForEachKindAndAHelpForEach) {
    std::set<std::string_view> helps;
    for (const PatternRow& row : patternTable()) helps.insert(row.help);
    EXPECT_EQ(helps.size(), patternKinds.size());
}

TEST(Patterns, AreComputedPairByPairAndNothingElseUnderEveryMode) {
    for (const PatternConfig& pattern : {longNet(), nearBlocks()})
        for (const AttentionMask& mask :
             {AttentionMask{}, {.left = 21}, {.documents = {0, 50, 96}}})
            for (const Mode& mode : modeTable()) {
                const bool packs =
                    mode.name == modenames::dilatedRing || mode.name == modenames::dilatedGather;
                if (packs && pattern.kind != PatternKind::Dilated) continue;
                const AttentionShape shape = patternShape(mode.sharded ? 4 : 1, 96, pattern);
                EXPECT_EQ(static_cast<double>(pairsOf(scheduleOf(mode.name, shape, mask))),
                          8 * seenPairs(shape.pattern.get(), mask, 96))
                    << mode.name;
            }
}

// Blocks of 8 see their own and the one before: 12 triangles and 11 squares.
TEST(BlockSparse, HasThePairsOfItsBlocks) {
    const AttentionShape shape = patternShape(1, 96, nearBlocks());
    EXPECT_EQ(seenPairs(shape.pattern.get(), {}, 96), 12 * 36 + 11 * 64);
}

// A branch of rate r has segments of w / r rows: w / r * (w / r + 1) / 2 pairs.
TEST(Dilated, HasPairsThatFallWithTheSquareOfTheRate) {
    const AttentionShape shape = patternShape(
        1, 64, {.kind = PatternKind::Dilated, .segments = {16, 32, 64}, .rates = {1, 2, 4}});
    EXPECT_EQ(seenPairs(shape.pattern.get(), {}, 64), 4 * 136 + 2 * 136 + 1 * 136);
}

// A token of block b chooses 2 of the b blocks before its own, of 8 keys each.
TEST(BlockSparse, ChoosesAsManyPairsWhateverIsInThem) {
    const PatternConfig three{.kind = PatternKind::BlockSparse, .block = 8, .topK = 3};
    const AttentionShape shape = patternShape(1, 96, three);
    EXPECT_EQ(seenPairs(shape.pattern.get(), {}, 96), 12 * 36 + 8 * 8 * (1 + 10 * 2));
    // Of document [20, 96) block 2 shows 4 tokens, and where all blocks are taken nothing is open.
    const AttentionMask documents{.documents = {0, 20, 32}};
    EXPECT_EQ(seenPairs(shape.pattern.get(), documents, 32),
              3 * 36 + 2 * 10 + 8 * 8 + 4 * 16 + 8 * 4);
}

// Blocks that are seen anyway are not chosen again: of block b, b - 2 are left.
TEST(BlockSparse, ChoosesAmongWhatNoOtherPartShows) {
    const AttentionShape shape =
        patternShape(1, 96, {.kind = PatternKind::BlockSparse, .block = 8, .local = 2, .topK = 2});
    EXPECT_EQ(shape.pattern->choices(2), std::vector<TokenSpan>{});
    EXPECT_EQ(shape.pattern->choices(5), (std::vector<TokenSpan>{{0, 3}}));
    EXPECT_EQ(seenPairs(shape.pattern.get(), {}, 96), 12 * 36 + 64 * (1 + 10 * 2) + 9 * 64);
}

TEST(BlockSparse, SharesChosenPairsOutAmongTheStepsOfEveryMode) {
    for (const PatternConfig& pattern :
         {PatternConfig{.kind = PatternKind::BlockSparse, .block = 8, .topK = 3},
          {.kind = PatternKind::BlockSparse, .block = 5, .local = 1, .topK = 2}})
        for (const AttentionMask& mask : {AttentionMask{}, {.documents = {0, 50, 96}}})
            for (const Mode& mode : modeTable()) {
                if (mode.name.starts_with("dilated-")) continue;  // chooses no blocks
                const AttentionShape shape = patternShape(mode.sharded ? 4 : 1, 96, pattern);
                const double all = 8 * seenPairs(shape.pattern.get(), mask, 96);
                EXPECT_NEAR(static_cast<double>(pairsOf(scheduleOf(mode.name, shape, mask))), all,
                            0.01 * all)
                    << mode.name;
            }
}

// Places of 24 tokens have 3 blocks of 8 each; every block's sum has 8 heads of 4 numbers of fp64.
TEST(Ring, SendsTheSumsOfKeysThatTokensChooseBy) {
    const PatternConfig two{.kind = PatternKind::BlockSparse, .block = 8, .topK = 2};
    const AttentionShape shape = patternShape(4, 96, two);
    AttentionShape dense = shape;
    dense.pattern = nullptr;
    for (const std::string mode : {"ring", "zigzag", "striped", "double-ring"}) {
        const Schedule schedule = scheduleOf(mode, shape);
        const std::int64_t blocks = mode == "striped" ? 12 : mode == "ring" ? 3 : 4;
        EXPECT_EQ(schedule.summedBlocks, blocks) << mode;
        for (int rank = 0; rank < 4; ++rank)
            EXPECT_EQ(sentBytes(schedule, rank) - sentBytes(scheduleOf(mode, dense), rank),
                      3 * blocks * 8 * 4 * 8)
                << mode;
    }
    EXPECT_EQ(scheduleOf("llama3", shape).summedBlocks, 0);
    EXPECT_EQ(scheduleOf("ulysses", shape).summedBlocks, 0);
}

TEST(Ring, SendsKeysOnlyToRanksWhosePatternSeesThem) {
    // Blocks of a rank's 24 tokens: each sees its own and that of the rank before it.
    PatternConfig near = nearBlocks();
    near.block = 24;
    const AttentionShape shape = patternShape(4, 96, near);
    const Schedule schedule = scheduleOf("ring", shape);
    ASSERT_NE(schedule.needs, nullptr);
    const std::int64_t keys = 24 * 2 * 8 * 4 * 4;
    EXPECT_EQ(sentBytes(stepsOf(schedule, 0).forward), keys);
    EXPECT_EQ(sentBytes(stepsOf(schedule, 3).forward), 0);
    // Segments within a rank: nobody sends.
    const Schedule within = scheduleOf(
        "ring",
        patternShape(4, 96, {.kind = PatternKind::Dilated, .segments = {8, 24}, .rates = {1, 2}}));
    for (int rank = 0; rank < 4; ++rank) EXPECT_EQ(sentBytes(within, rank), 0);
}

// The last branch goes round all ranks, in a message each of 1 / rate of a ring's bytes.
std::vector<std::int64_t> branchBytes(int ranks) {
    const std::int64_t held = 1024;
    const std::int64_t all = ranks * held;
    std::vector<std::int64_t> bytes;
    for (const std::int64_t rate : {1, 2, 4}) {
        const Schedule schedule = scheduleOf(
            "dilated-ring",
            patternShape(
                ranks, all,
                {.kind = PatternKind::Dilated, .segments = {all, all}, .rates = {rate, 1}}));
        std::int64_t sent = 0;
        for (const Step& step : stepsOf(schedule, 0).forward)
            for (const Transfer& transfer : step.transfers)
                if (step.branch == 0) sent += transfer.sentBytes;
        bytes.push_back(sent);
    }
    return bytes;
}

TEST(DilatedRing, SendsTheBytesOfARingOverTheRate) {
    for (const int ranks : {8, 64}) {
        AttentionShape plain{
            .ranks = ranks, .tokens = ranks * 1024, .heads = 8, .kvHeads = 8, .headDim = 4};
        const Schedule ring = findMode("ring")->schedule(plain).value();
        const std::int64_t all = sentBytes(ring.makeSteps(ring, 0).forward);
        EXPECT_THAT(branchBytes(ranks), ElementsAre(all, all / 2, all / 4)) << ranks;
    }
}

// What a rank sends in the forward pass at most: LongNet's branches with rates 1, 2 and 4 whose
// first segment is a rank's tokens, the second four ranks', the third everybody's. MiB, of 8
// key/value heads of 128 columns in bf16 and 16Ki tokens a rank.
std::int64_t sentMiB(std::string_view mode, int ranks) {
    const std::int64_t held = 16384;
    AttentionShape shape = patternShape(ranks, ranks * held,
                                        {.kind = PatternKind::Dilated,
                                         .segments = {held, 4 * held, ranks * held},
                                         .rates = {1, 2, 4}});
    shape.headDim = 128;
    shape.elementBytes = 2;
    const Schedule schedule = findMode(mode)->schedule(shape).value();
    std::int64_t most = 0;
    for (int rank = 0; rank < ranks; ++rank)
        most = std::max(most, sentBytes(schedule.makeSteps(schedule, rank).forward));
    return most >> 20;
}

TEST(DilatedRing, HasTheTableOfBytesOfItsDecisionRecord) {
    EXPECT_EQ(sentMiB("ring", 8), 448);
    EXPECT_EQ(sentMiB("dilated-ring", 8), 208);
    EXPECT_EQ(sentMiB("ring", 64), 4032);
    EXPECT_EQ(sentMiB("dilated-ring", 64), 1104);
    EXPECT_EQ(sentMiB("dilated-gather", 8), 208);
    EXPECT_EQ(sentMiB("dilated-gather", 64), 1104);
}

TEST(DilatedRing, WithoutAPatternIsARing) {
    const AttentionShape shape{.ranks = 4, .tokens = 96, .heads = 8, .kvHeads = 8, .headDim = 4};
    const Schedule ring = findMode("ring")->schedule(shape).value();
    const Schedule same = findMode("dilated-ring")->schedule(shape).value();
    for (int rank = 0; rank < 4; ++rank) EXPECT_EQ(sentBytes(ring, rank), sentBytes(same, rank));
}

// Rounds of a ring that nobody stops, in one message for each branch that ranks share.
TEST(DilatedGather, SendsTheBytesOfADilatedRingAllTheWayRound) {
    for (const int ranks : {4, 8}) {
        AttentionShape shape = patternShape(
            ranks, ranks * 24,
            {.kind = PatternKind::Dilated, .segments = {24, 48, ranks * 24}, .rates = {1, 2, 4}});
        shape.causal = false;
        const AttentionMask mask{.causal = false};
        const Schedule ring = scheduleOf("dilated-ring", shape, mask);
        const Schedule gather = scheduleOf("dilated-gather", shape, mask);
        for (int rank = 0; rank < ranks; ++rank) {
            EXPECT_EQ(sentBytes(gather, rank), sentBytes(ring, rank));
            EXPECT_EQ(attendedPairs(gather, rank), attendedPairs(ring, rank));
            std::int64_t messages = 0;
            for (const Step& step : stepsOf(gather, rank).forward)
                messages += std::ssize(step.transfers);
            EXPECT_EQ(messages, 2);  // none for the branch within a rank
        }
    }
}

std::string patternRefusal(const PatternConfig& pattern, std::int64_t tokens = 96) {
    const Result<Pattern> made = makePattern(pattern, {.tokens = tokens, .heads = 8, .kvHeads = 8});
    return made.ok() ? "" : made.error().message;
}

TEST(Patterns, SayWhyTheyCannotBe) {
    EXPECT_EQ(patternRefusal({.kind = PatternKind::Dilated, .segments = {4, 8}, .rates = {2, 4}}),
              "attention.pattern.rates 2, 4 leave 2 of 4 rows of a head without a key; a branch of "
              "rate 1 covers them: segments 4, 4, 8, rates 1, 2, 4");
    EXPECT_EQ(patternRefusal({.kind = PatternKind::Dilated, .segments = {4, 8}, .rates = {1, 16}}),
              "attention.pattern.rates: rate 16 leaves a segment of 8 tokens with less than a row; "
              "use a rate of at most 8");
    EXPECT_THAT(patternRefusal({.kind = PatternKind::BlockSparse}),
                HasSubstr("set attention.pattern.local, stride, levels, global, top_k or file"));
    const PatternConfig two{.kind = PatternKind::BlockSparse, .topK = 2};
    EXPECT_EQ(
        makePattern(two, {.tokens = 96, .window = true}).error().message,
        "attention.pattern.top_k chooses among all earlier blocks, and attention.window hides "
        "some; use one of the two");
    EXPECT_EQ(makePattern(two, {.tokens = 96, .latent = true}).error().message,
              "attention.pattern.top_k chooses by the keys of heads, and keys travel as latents; "
              "use parallel.mla_keys expanded (with verify, no --mla)");
    EXPECT_THAT(patternRefusal({.kind = PatternKind::BlockSparse, .file = "/nowhere.npy"}),
                HasSubstr("attention.pattern.file: "));
    const AttentionShape uneven =
        patternShape(4, 96, {.kind = PatternKind::Dilated, .segments = {32}, .rates = {1}});
    EXPECT_EQ(findMode("dilated-ring")->schedule(uneven).error().message,
              "dilated-ring keeps a segment within a rank's 24 tokens or gives it whole ranks; "
              "segment 32 (rate 1) is neither, use 8 or 48, or mode ring");
    const AttentionShape blocks = patternShape(4, 96, nearBlocks());
    EXPECT_EQ(findMode("dilated-ring")->schedule(blocks).error().message,
              "dilated-ring packs the rows of a dilated pattern, and attention.pattern.kind is "
              "block_sparse; use mode ring");
}

TEST(PlanRun, OfAPatternTellsItsCoverageAndCountsItsPairs) {
    RunConfig config;
    config.train.seqLen = 4096;
    config.parallel.mode = "ring";
    const double dense = planRun(config).value().flopsPerStep;
    config.attention.pattern = {.kind = PatternKind::BlockSparse, .block = 128, .local = 1};
    const RunPlan plan = planRun(config).value();
    EXPECT_LT(plan.flopsPerStep, dense);
    EXPECT_NEAR(coverage(plan), (32 * 128 * 129 / 2 + 31 * 128 * 128) / (4096 * 4097 / 2.0), 1e-9);
    EXPECT_THAT(plan.notes, ::testing::Contains(HasSubstr("another model than dense attention")));
}

}  // namespace
}  // namespace ringscope
