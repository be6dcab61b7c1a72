#include "backend/plan/layout_choice.h"

#include "backend/model/npy.h"
#include "backend/plan/attention_work.h"
#include "backend/plan/blocks.h"
#include "backend/plan/rank_shares.h"
#include "tests/backend/plan/laid_out_modes.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using test::LaidOutMode;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

RunConfig laidOut(const std::string& mode, ShardChoice layout, TokenOrder order,
                  std::int64_t sp = 4) {
    RunConfig config;
    config.train.seqLen = 256;
    config.parallel.mode = mode;
    config.parallel.sp = sp;
    config.parallel.layout = layout;
    config.parallel.tokenOrder = order;
    return config;
}

std::string refusal(const RunConfig& config) {
    const Result<RunPlan> plan = planRun(config);
    return plan.ok() ? "" : plan.error().message;
}

std::string noteWith(const RunPlan& plan, const std::string& words) {
    for (const std::string& note : plan.notes)
        if (note.find(words) != std::string::npos) return note;
    return "";
}

rc::Gen<std::vector<std::int64_t>> anyDocuments(std::int64_t tokens) {
    return rc::gen::map(
        rc::gen::container<std::set<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, tokens)),
        [tokens](std::set<std::int64_t> begins) {
            begins.insert({0, tokens});
            return std::vector<std::int64_t>(begins.begin(), begins.end());
        });
}

// The most pairs of a rank over the mean.
double unevenness(const RunConfig& config) {
    const RunPlan plan = planRun(config).value();
    const std::vector<bool> labels(static_cast<std::size_t>(config.train.seqLen), true);
    return imbalance(rankShares(plan, labels, {}));
}

TEST(LayoutChoice, GivesGatheringModesTheShardsOfTheOther) {
    for (const char* mode : {"llama3", "ring-allgather"}) {
        const RunConfig contiguous = laidOut(mode, ShardChoice::Contiguous, TokenOrder::Sequence);
        const RunConfig zigzag = laidOut(mode, ShardChoice::Zigzag, TokenOrder::Sequence);
        EXPECT_EQ(planRun(contiguous)->schedule().owned.spansOf(1),
                  (std::vector<TokenSpan>{{64, 128}}));
        EXPECT_EQ(planRun(zigzag)->schedule().owned.spansOf(1),
                  (std::vector<TokenSpan>{{32, 64}, {192, 224}}));
        EXPECT_DOUBLE_EQ(unevenness(zigzag), 1) << mode;
        EXPECT_NEAR(unevenness(contiguous), 7.0 / 4, 0.01) << mode;
        EXPECT_EQ(planRun(contiguous)->attentionBytesPerStep,
                  planRun(zigzag)->attentionBytesPerStep);
    }
}

// auto is what the mode has by itself, block by block.
TEST(LayoutChoice, MakesTheModesOwnBlocksFromItsOwnLayout) {
    for (const LaidOutMode& each : test::laidOutModes()) {
        if (!each.layout.isModes() || !each.mode->sharded) continue;
        AttentionShape shape{.ranks = 4, .tokens = 64, .heads = 8, .kvHeads = 4, .headDim = 4};
        const Schedule own = each.mode->schedule(shape).value();
        const Schedule over = scheduleOver(*each.mode, shape, ChosenLayout{own.owned}).value();
        if (own.executor == Executor::AllGather) continue;  // asks its layout for one span
        for (int rank = 0; rank < 4; ++rank)
            EXPECT_EQ(attendedPairs(over, rank), attendedPairs(own, rank))
                << each.mode->name << ", rank " << rank;
        if (own.executor != Executor::KeyGather) continue;
        // The chunks of zigzag's last rank adjoin, and become one block.
        for (int rank = 0; rank < 3; ++rank) {
            const RankSchedule steps = stepsOf(over, rank);
            const RankSchedule wanted = stepsOf(own, rank);
            for (std::size_t step = 0; step < wanted.forward.size(); ++step)
                EXPECT_EQ(steps.forward[step].blocks, wanted.forward[step].blocks);
        }
    }
}

TEST(LayoutChoice, PadsToWhatTheLayoutNeeds) {
    RunConfig config = laidOut("llama3", ShardChoice::Zigzag, TokenOrder::Sequence);
    config.train.seqLen = 260;  // four parts, not eight
    const RunPlan plan = planRun(config).value();
    EXPECT_EQ(plan.padding, 4);
    EXPECT_THAT(noteWith(plan, "padded"), HasSubstr("260 tokens are padded to 264, which llama3 "
                                                    "cuts into 8 equal parts"));
}

TEST(LayoutChoice, IsRefusedByModesWithALayoutOfTheirOwn) {
    const std::string others =
        "use auto, or a mode that takes both: llama3, ring-allgather, "
        "dilated-gather";
    EXPECT_EQ(refusal(laidOut("ring", ShardChoice::Zigzag, TokenOrder::Sequence)),
              "ring has a layout of its own, and parallel.layout is zigzag (a ring over zigzag "
              "shards is parallel.mode zigzag); " +
                  others);
    EXPECT_EQ(refusal(laidOut("striped", ShardChoice::Contiguous, TokenOrder::Sequence)),
              "striped has a layout of its own, and parallel.layout is contiguous (a ring over "
              "contiguous shards is parallel.mode ring); " +
                  others);
    EXPECT_EQ(refusal(laidOut("ulysses", ShardChoice::Zigzag, TokenOrder::Sequence)),
              "ulysses has a layout of its own, and parallel.layout is zigzag; " + others);
    EXPECT_EQ(refusal(laidOut("ulysses", ShardChoice::Documents, TokenOrder::Sequence)),
              "ulysses needs each rank's tokens before the next rank's, and parallel.layout is "
              "documents; use auto, or one of ring, zigzag, striped, llama3, ring-allgather, "
              "double-ring, dilated-ring, dilated-gather");
    EXPECT_EQ(refusal(laidOut("ring", ShardChoice::Documents, TokenOrder::Hilbert)),
              "parallel.layout documents shares each document out, and parallel.token_order "
              "hilbert an image; use one of them");
    RunConfig chooses = laidOut("zigzag", ShardChoice::Documents, TokenOrder::Sequence);
    chooses.data.packing = true;
    chooses.attention.pattern = {.kind = PatternKind::BlockSparse, .block = 16, .topK = 2};
    EXPECT_THAT(refusal(chooses),
                HasSubstr("use layout auto, or a mode that gathers keys: llama3"));
    chooses.parallel.mode = "llama3";
    EXPECT_EQ(refusal(chooses), "");
    // What is its own is no other.
    EXPECT_EQ(refusal(laidOut("ring", ShardChoice::Contiguous, TokenOrder::Sequence)), "");
    EXPECT_EQ(refusal(laidOut("zigzag", ShardChoice::Zigzag, TokenOrder::Sequence)), "");
}

TEST(DocumentsLayout, GivesEveryRankHeadAndTailOfEachDocument) {
    const ShardLayout layout = documentsLayout({0, 4, 16}, 2);
    EXPECT_THAT(layout.spansOf(0),
                ElementsAre(TokenSpan{0, 1}, TokenSpan{3, 7}, TokenSpan{13, 16}));
    EXPECT_THAT(layout.spansOf(1), ElementsAre(TokenSpan{1, 3}, TokenSpan{7, 13}));
}

RC_GTEST_PROP(DocumentsLayout, SharesTokensOutEquallyWhateverTheDocuments, ()) {
    const int ranks = *rc::gen::inRange(1, 9);
    const std::int64_t tokens = ranks * *rc::gen::inRange<std::int64_t>(1, 40);
    const std::vector<std::int64_t> documents = *anyDocuments(tokens);
    const ShardLayout layout = documentsLayout(documents, ranks);
    std::vector<int> held(static_cast<std::size_t>(tokens), 0);
    for (int rank = 0; rank < ranks; ++rank) {
        const std::vector<TokenSpan> spans = layout.spansOf(rank);
        RC_ASSERT(tokenCount(spans) == tokens / ranks);
        RC_ASSERT(std::ranges::is_sorted(spans, {}, &TokenSpan::begin));
        for (const TokenSpan& span : spans)
            for (std::int64_t token = span.begin; token < span.end; ++token)
                ++held[static_cast<std::size_t>(token)];
    }
    RC_ASSERT(std::ranges::all_of(held, [](int holders) { return holders == 1; }));
}

// Documents of a benchmark of ring-flash-attention: one of them is nine tenths of the tokens.
TEST(DocumentsLayout, LeavesNoRankToWaitWhereZigzagDoes) {
    const std::vector<std::int64_t> documents = {0, 256, 7648, 8192};
    const AttentionShape shape{.ranks = 8, .tokens = 8192, .headDim = 8};
    const auto unevenness = [&](ShardChoice layout) {
        const LayoutChoice choice{.layout = layout, .tokens = 8192, .documents = documents};
        const Mode& mode = *findMode("llama3");
        const Schedule schedule =
            masked(scheduleOver(mode, shape, chosenLayout(mode, shape, choice).value()).value(),
                   {.documents = documents});
        std::int64_t most = 0, all = 0;
        for (int rank = 0; rank < 8; ++rank) {
            most = std::max(most, attendedPairs(schedule, rank));
            all += attendedPairs(schedule, rank);
        }
        return static_cast<double>(8 * most) / static_cast<double>(all);
    };
    EXPECT_NEAR(unevenness(ShardChoice::Documents), 1, 0.001);
    EXPECT_NEAR(unevenness(ShardChoice::Zigzag), 1.144, 0.001);
    EXPECT_NEAR(unevenness(ShardChoice::Contiguous), 1.906, 0.001);
}

TEST(TokenOrder, GivesARankAPatchOfTheImageInAscendingRows) {
    RunConfig config = laidOut("ring", ShardChoice::Auto, TokenOrder::Hilbert);
    config.train.seqLen = 16;
    const RunPlan plan = planRun(config).value();
    const ShardLayout& owned = plan.schedule().owned;
    EXPECT_THAT(owned.spansOf(0), ElementsAre(TokenSpan{0, 2}, TokenSpan{4, 6}));
    EXPECT_THAT(owned.spansOf(1), ElementsAre(TokenSpan{2, 4}, TokenSpan{6, 8}));
    EXPECT_THAT(owned.spansOf(2), ElementsAre(TokenSpan{10, 12}, TokenSpan{14, 16}));
    EXPECT_THAT(owned.spansOf(3), ElementsAre(TokenSpan{8, 10}, TokenSpan{12, 14}));
}

TEST(TokenOrder, TakesImagesOfAnySidesAndCropsWhereNoneIsGiven) {
    RunConfig config = laidOut("ring", ShardChoice::Auto, TokenOrder::Hilbert);
    config.parallel.image = {8, 32};
    EXPECT_EQ(refusal(config), "");
    config.parallel.image = {16, 17};
    EXPECT_EQ(refusal(config),
              "parallel.image: 16 x 17 are 272 tokens, and a sequence has 256 (train.seq_len); use "
              "rows and columns of as many, or [] for the first 256 of 16 x 16");
    config.parallel.image = {256};
    EXPECT_EQ(refusal(config), "parallel.image is two numbers, rows and columns; got 1");
    // 250 tokens, padded to 252, are the first of 16 x 16.
    config.parallel.image = {};
    config.train.seqLen = 250;
    const RunPlan plan = planRun(config).value();
    EXPECT_EQ(plan.padding, 2);
    std::int64_t tokens = 0;
    for (int rank = 0; rank < 4; ++rank) tokens += tokenCount(plan.schedule().owned.spansOf(rank));
    EXPECT_EQ(tokens, 252);
}

TEST(TokenOrder, IsRefusedByModesWhoseRanksFollowEachOther) {
    EXPECT_EQ(refusal(laidOut("ulysses", ShardChoice::Auto, TokenOrder::Hilbert)),
              "ulysses needs each rank's tokens before the next rank's, and parallel.token_order "
              "is hilbert; use sequence, or one of ring, zigzag, striped, llama3, ring-allgather, "
              "double-ring, dilated-ring, dilated-gather");
    const RunPlan alone =
        planRun(laidOut("none", ShardChoice::Zigzag, TokenOrder::Hilbert)).value();
    EXPECT_THAT(noteWith(alone, "parallel.token_order"),
                HasSubstr("mode none holds all tokens on its one rank"));
}

// The mask of an image of 64 x 64 tokens whose blocks are 8 tokens of a row: a block sees those up
// to 8 rows away, in its own columns and the 8 to each side.
void writeNeighbourhood(const std::filesystem::path& path) {
    constexpr std::int64_t blocks = 64 * 8;
    std::string cells;
    for (std::int64_t query = 0; query < blocks; ++query)
        for (std::int64_t key = 0; key < blocks; ++key) {
            const bool near =
                std::abs(query / 8 - key / 8) <= 8 && std::abs(query % 8 - key % 8) <= 1;
            cells += near ? '\1' : '\0';
        }
    ASSERT_TRUE(writeNpy(path, {.type = "|u1", .shape = {blocks, blocks}, .bytes = cells}).ok());
}

// 64 ranks: in the sequence's order a rank has a row, and reads 8 rows on each side; on the curve
// it has 8 x 8 tokens, and reads the 8 patches around.
TEST(TokenOrder, HalvesWhatIsSentForANeighbourhoodInAnImage) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "near.npy";
    writeNeighbourhood(file);
    RunConfig config = laidOut("ring", ShardChoice::Auto, TokenOrder::Hilbert, 64);
    config.train.seqLen = 4096;
    config.attention.causal = false;
    config.attention.pattern = {
        .kind = PatternKind::BlockSparse, .block = 8, .file = file.string()};
    const RunPlan curve = planRun(config).value();
    config.parallel.tokenOrder = TokenOrder::Sequence;
    const RunPlan rows = planRun(config).value();
    EXPECT_EQ(shardsRead(rows.schedule()), 64 * 16 - 2 * (1 + 2 + 3 + 4 + 5 + 6 + 7 + 8));
    EXPECT_EQ(shardsRead(curve.schedule()), 4 * 3 + 24 * 5 + 36 * 8);
    EXPECT_EQ(2 * curve.attentionBytesPerStep, rows.attentionBytesPerStep);
    EXPECT_EQ(coverage(curve), coverage(rows));
    EXPECT_THAT(noteWith(curve, "token_order"),
                AllOf(HasSubstr("and ranks read 420 shards of others in a layer; in the sequence's "
                                "order "),
                      HasSubstr("and ranks read 952 shards"), Not(HasSubstr("Dense"))));
}

TEST(TokenOrder, SaysWhatItSavesAndThatDenseAttentionSavesNothing) {
    const RunPlan dense =
        planRun(laidOut("zigzag", ShardChoice::Auto, TokenOrder::Hilbert)).value();
    EXPECT_THAT(noteWith(dense, "token_order"),
                HasSubstr("Dense attention reads all tokens, so no order sends less"));
    EXPECT_EQ(
        dense.attentionBytesPerStep,
        planRun(laidOut("zigzag", ShardChoice::Auto, TokenOrder::Sequence))->attentionBytesPerStep);
}

}  // namespace
}  // namespace ringscope
