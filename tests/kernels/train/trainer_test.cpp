#include "kernels/train/trainer.h"

#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/train/training.h"
#include "tests/support/covering.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

// Ranks as threads over real Gloo groups, in fp64: what a mode may change is rounding alone.
namespace ringscope {
namespace {

using test::fromProse;
using test::inTurn;
using test::packedProse;
using test::shardedModes;
using test::smallRun;
using test::sparseModes;
using test::sparseRun;
using test::train;
using test::TrainedRank;
using ::testing::HasSubstr;

constexpr double limit = 1e-10;  // relative

void expectSame(const std::vector<double>& actual, const std::vector<double>& expected,
                const std::string& what) {
    ASSERT_EQ(actual.size(), expected.size()) << what;
    double difference = 0;
    double size = 0;
    for (std::size_t i = 0; i < actual.size(); ++i) {
        difference = std::max(difference, std::abs(actual[i] - expected[i]));
        size = std::max(size, std::abs(expected[i]));
    }
    EXPECT_LE(difference, limit * size) << what;
}

// Trains unsharded and under each of the modes, and holds each rank's results against the first.
// Several modes are on two ranks and on four in turn.
void expectParity(const RunConfig& base, const BatchSource& batches,
                  const std::vector<std::string>& modes = shardedModes()) {
    RunConfig unsharded = base;
    unsharded.parallel.mode = "none";
    unsharded.parallel.sp = 1;
    const TrainedRank reference = train(unsharded, batches).front();
    const std::string test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    for (std::size_t index = 0; index < modes.size(); ++index) {
        const std::string& mode = modes[index];
        const std::vector<int> counts = {2, 4};
        for (const int ranks : modes.size() == 1 ? counts : inTurn(counts, test, index)) {
            RunConfig config = base;
            config.parallel.mode = mode;
            config.parallel.sp = ranks;
            const std::vector<TrainedRank> trained = train(config, batches);
            for (std::size_t rank = 0; rank < trained.size(); ++rank) {
                const std::string what =
                    mode + ", rank " + std::to_string(rank) + " of " + std::to_string(ranks);
                ASSERT_EQ(trained[rank].steps.size(), reference.steps.size()) << what;
                for (std::size_t step = 0; step < reference.steps.size(); ++step) {
                    const StepRecord& expected = reference.steps[step].record;
                    const StepRecord& actual = trained[rank].steps[step].record;
                    EXPECT_NEAR(actual.loss, expected.loss, limit * expected.loss) << what;
                    EXPECT_NEAR(actual.gradNorm, expected.gradNorm, limit * expected.gradNorm)
                        << what;
                }
                expectSame(trained[rank].parameters, reference.parameters, what);
                EXPECT_EQ(trained[rank].parameters, trained[0].parameters)
                    << what << " holds other bits than rank 0";
            }
        }
    }
}

TEST(Training, IsTheSameUnderEveryModeAsUnsharded) {
    const RunConfig config = smallRun("none", 1);
    expectParity(config, fromProse(config));
}

TEST(Training, IsTheSameWithSeveralSamplesAndMicroSteps) {
    RunConfig config = smallRun("none", 1);
    config.train.batch = 2;
    config.train.gradAccum = 3;
    config.train.steps = 2;
    expectParity(config, fromProse(config));
}

TEST(Training, IsTheSameWithATiedHeadAndWeightDecay) {
    RunConfig config = smallRun("none", 1);
    config.model.tiedHead = true;
    config.train.weightDecay = 0.1;
    expectParity(config, fromProse(config));
}

TEST(Training, IsTheSameWithoutACausalMask) {
    RunConfig config = smallRun("none", 1);
    config.attention.causal = false;
    config.attention.scale = 0.5;
    expectParity(config, fromProse(config));
}

TEST(Training, IsTheSameWithAWindow) {
    RunConfig config = smallRun("none", 1);
    config.attention.window = 13;
    expectParity(config, fromProse(config));
}

TEST(Training, IsTheSameWithDropoutThatDiffersFromStepToStep) {
    RunConfig config = smallRun("none", 1);
    config.attention.dropout = 0.2;
    config.train.gradAccum = 2;
    config.train.batch = 2;
    expectParity(config, fromProse(config));

    config.train.gradAccum = 1;
    config.train.lr = 0;
    const TokenBatch fixed = fromProse(config)(0, 0);
    const auto batches = [=](std::int64_t, std::int64_t) { return fixed; };
    const TrainedRank trained = train(config, batches).front();
    EXPECT_NE(trained.steps[0].record.loss, trained.steps[1].record.loss);
}

TEST(Training, IsTheSameWithSoftcapAndAlibi) {
    RunConfig config = smallRun("none", 1);
    config.attention.softcap = 2.0;
    config.attention.alibi = true;
    expectParity(config, fromProse(config));
}

TEST(Training, IsTheSameWithSinksAndAlibiAsPositions) {
    RunConfig config = smallRun("none", 1);
    config.model.attentionSinks = true;
    config.model.position = PositionKind::Alibi;
    expectParity(config, fromProse(config));
    RunConfig plain = config;
    plain.model.attentionSinks = false;
    EXPECT_NE(train(plain, fromProse(plain)).front().steps.front().record.loss,
              train(config, fromProse(config)).front().steps.front().record.loss);
}

TEST(Training, IsTheSameWithPackedDocuments) {
    RunConfig config = smallRun("none", 1);
    config.data.packing = true;
    config.train.gradAccum = 2;
    config.train.batch = 2;
    expectParity(config, packedProse(config));
    config.attention.window = 7;
    config.attention.dropout = 0.1;
    expectParity(config, packedProse(config));
}

// Each batch has documents of its own, and so shards of its own.
TEST(Training, IsTheSameWhereRanksShareEachDocumentOut) {
    RunConfig config = smallRun("none", 1);
    config.data.packing = true;
    config.train.batch = 2;
    config.parallel.layout = ShardChoice::Documents;
    const std::vector<std::string> modes = {"ring", "double-ring", "llama3", "ring-allgather",
                                            "needed-blocks"};
    expectParity(config, packedProse(config), modes);
    config.attention.window = 7;
    config.attention.dropout = 0.1;
    config.train.seqLen = 61;
    expectParity(config, packedProse(config), modes);
}

TEST(Training, IsTheSameAlongACurveOverAnImage) {
    RunConfig config = smallRun("none", 1);
    config.train.steps = 2;
    config.train.batch = 2;
    config.parallel.tokenOrder = TokenOrder::Hilbert;
    const std::vector<std::string> modes = {"ring",   "zigzag",         "striped",
                                            "llama3", "ring-allgather", "needed-blocks"};
    expectParity(config, fromProse(config), modes);
    config.data.packing = true;
    config.attention.dropout = 0.1;
    expectParity(config, packedProse(config), modes);
    config.attention.causal = false;
    config.parallel.image = {4, 16};
    config.attention.pattern = {.kind = PatternKind::BlockSparse, .block = 4, .stride = 4};
    expectParity(config, packedProse(config), modes);
}

TEST(Training, IsTheSameWithTheOtherLayoutOfGatheredKeys) {
    RunConfig config = smallRun("none", 1);
    config.train.steps = 2;
    config.parallel.layout = ShardChoice::Zigzag;
    expectParity(config, fromProse(config), {"llama3"});
    config.parallel.layout = ShardChoice::Contiguous;
    expectParity(config, fromProse(config), {"ring-allgather"});
}

RunConfig latentRun() {
    RunConfig config = smallRun("none", 1);
    config.train.steps = 2;
    config.model.attention = AttentionKind::Mla;
    config.model.kvHeads = config.model.heads;
    config.model.latent = {
        .querySize = 12, .size = 16, .plainSize = 8, .rotarySize = 4, .valueSize = 6};
    return config;
}

// A batch's documents hide some of the rows that travel.
TEST(Training, IsTheSameWhereRowsTravelThatAreSeen) {
    for (RunConfig config : {smallRun("none", 1), latentRun()}) {
        config.train.steps = 2;
        config.train.batch = 2;
        config.data.packing = true;
        config.parallel.mlaKeys = MlaKeys::Latent;
        for (const PatternConfig& pattern :
             {PatternConfig{.kind = PatternKind::BlockSparse, .block = 4, .local = 1},
              {.kind = PatternKind::BlockSparse, .block = 4, .stride = 3, .globalTokens = 2},
              {.kind = PatternKind::Dilated, .segments = {8, 64}, .rates = {1, 4}}}) {
            config.attention.pattern = pattern;
            expectParity(config, packedProse(config), {"needed-blocks"});
        }
    }
}

TEST(Training, IsTheSameWithLatentsThatTravel) {
    RunConfig config = latentRun();
    config.train.batch = 2;
    expectParity(config, fromProse(config));
    config.train.seqLen = 37;
    config.attention.window = 11;
    config.attention.dropout = 0.1;
    expectParity(config, fromProse(config));
    config.attention = {};
    config.attention.causal = false;
    config.data.packing = true;
    expectParity(config, packedProse(config));
}

TEST(Training, IsTheSameWithLatentsThatAreExpandedBeforeTheyTravel) {
    RunConfig config = latentRun();
    config.parallel.mlaKeys = MlaKeys::Expanded;
    expectParity(config, fromProse(config));
}

TEST(Training, SendsTheBytesOfLatentsThatThePlanPredicts) {
    for (const std::string& mode : shardedModes()) {
        RunConfig config = latentRun();
        config.parallel.mode = mode;
        config.parallel.sp = 4;
        const RunPlan plan = planRun(config).value();
        const std::vector<TrainedRank> trained = train(config, fromProse(config));
        std::int64_t most = 0;
        for (const TrainedRank& rank : trained)
            most = std::max(most, rank.steps.front().sent.attention);
        EXPECT_EQ(most, plan.attentionBytesPerStep) << mode;
        // 20 columns of a latent instead of 2 * 4 heads * 12
        if (!plan.schedule().latent) continue;
        EXPECT_EQ(plan.attentionBytesPerStep * 2 * 4 * 12, plan.expandedBytesPerStep * 20) << mode;
    }
}

TEST(Training, IsTheSameWithNativeSparseAttention) {
    RunConfig config = sparseRun("none", 1);
    config.train.batch = 2;
    expectParity(config, fromProse(config), sparseModes());
    config.train.steps = 2;
    config.train.seqLen = 61;  // padded
    expectParity(config, fromProse(config), sparseModes());
}

TEST(Training, SendsTheBytesOfNativeSparseAttentionThatThePlanPredicts) {
    for (const std::string& mode : sparseModes()) {
        RunConfig config = sparseRun(mode, 4);
        config.train.steps = 1;
        const RunPlan plan = planRun(config).value();
        std::int64_t most = 0;
        for (const TrainedRank& rank : train(config, fromProse(config)))
            most = std::max(most, rank.steps.front().sent.attention);
        EXPECT_EQ(most, plan.attentionBytesPerStep) << mode;
    }
}

TEST(Training, IsTheSameWithALengthThatRanksDoNotDivide) {
    RunConfig config = smallRun("none", 1);
    config.train.steps = 2;
    config.train.seqLen = 37;
    config.train.batch = 2;
    expectParity(config, fromProse(config));
    config.attention.dropout = 0.1;
    config.attention.window = 11;
    expectParity(config, fromProse(config));
}

TEST(Training, IsTheSameWithALengthThatRanksDoNotDivideAndNoCausalMask) {
    RunConfig config = smallRun("none", 1);
    config.train.steps = 2;
    config.train.seqLen = 37;
    config.attention.causal = false;
    expectParity(config, fromProse(config));
    config.data.packing = true;
    expectParity(config, packedProse(config));
}

TEST(Training, IsTheSameWithFewerTokensThanParts) {
    RunConfig config = smallRun("none", 1);
    config.train.steps = 2;
    config.train.seqLen = 5;  // zigzag on four ranks has eight parts
    config.attention.causal = false;
    expectParity(config, fromProse(config));
}

// Answers of 1 to 12 bytes behind questions of 3 to 40: ranks have unequal numbers of labels.
TEST(Training, OnAnswersAloneIsTheSame) {
    const test::TemporaryFolder folder;
    RunConfig config = smallRun("none", 1);
    config.data.source = (folder.path() / "sums.jsonl").string();
    config.train.task = TrainTask::Sft;
    config.train.gradAccum = 2;
    config.train.steps = 2;
    {
        std::ofstream lines(config.data.source);
        for (int i = 0; i < 24; ++i)
            lines << R"({"prompt": ")" << std::string(static_cast<std::size_t>(3 + i * 7 % 38), 'q')
                  << R"(", "completion": ")"
                  << std::string(static_cast<std::size_t>(1 + i % 12), 'a') << "\"}\n";
    }
    expectParity(config, fromProse(config));
    config.train.steps = 1;
    const BatchSource answers = fromProse(config);
    EXPECT_EQ(train(config, answers).front().steps.front().record.tokens,
              2 * 64 - answers(0, 0).padding - answers(0, 1).padding);
}

TEST(Training, OnPackedDocumentsIsTrainingOnEachDocumentAlone) {
    // The loss of two documents in a sequence is the mean over the tokens of both, each by itself.
    RunConfig packed = smallRun("none", 1);
    packed.data.packing = true;
    packed.train.steps = 1;
    RunConfig alone = smallRun("none", 1);
    alone.train.steps = 1;
    alone.train.seqLen = 32;
    alone.train.gradAccum = 2;
    const BatchSource prose = fromProse(smallRun("none", 1));
    const BatchSource both = [=](std::int64_t, std::int64_t) {
        TokenBatch batch = prose(0, 0);
        batch.documents = {0, 32, 64};
        batch.labels[31] = ignoredLabel;
        return batch;
    };
    const BatchSource oneByOne = [=](std::int64_t, std::int64_t micro) {
        const TokenBatch batch = both(0, 0);
        const auto half = [&](const std::vector<std::int64_t>& values) {
            return std::vector<std::int64_t>(values.begin() + 32 * micro,
                                             values.begin() + 32 * (micro + 1));
        };
        return TokenBatch{1, 32, half(batch.inputs), half(batch.labels)};
    };
    const TrainedRank expected = train(alone, oneByOne).front();
    const TrainedRank actual = train(packed, both).front();
    EXPECT_NEAR(actual.steps[0].record.loss, expected.steps[0].record.loss, limit);
    expectSame(actual.parameters, expected.parameters, "parameters");
}

TEST(Training, IsTheSameWhenAShardHasNoLabelAtAll) {
    RunConfig config = smallRun("none", 1);
    config.train.batch = 2;
    const BatchSource prose = fromProse(config);
    // Tokens 20..51 cover rank 1 of 4 and 2 in ring, and a whole zigzag shard, [16,48), of 2 ranks.
    const BatchSource batches = [=](std::int64_t step, std::int64_t micro) {
        TokenBatch batch = prose(step, micro);
        for (std::size_t row = 0; row < 2; ++row)
            for (std::size_t token = 14; token < 52; ++token)
                batch.labels[row * 64 + token] = ignoredLabel;
        return batch;
    };
    expectParity(config, batches);
}

TEST(Training, TakesTheMeanOverLabelledTokensOfAllMicroSteps) {
    // One batch of two samples, and the same two samples one after the other, with unlike numbers
    // of labels.
    RunConfig together = smallRun("zigzag", 2);
    together.train.batch = 2;
    const BatchSource prose = fromProse(together);
    const BatchSource both = [=](std::int64_t step, std::int64_t) {
        TokenBatch batch = prose(step, 0);
        std::fill_n(batch.labels.begin() + 64, 50, ignoredLabel);
        return batch;
    };
    RunConfig apart = smallRun("zigzag", 2);
    apart.train.gradAccum = 2;
    const BatchSource oneByOne = [=](std::int64_t step, std::int64_t micro) {
        const TokenBatch batch = both(step, 0);
        const auto row = [&](const std::vector<std::int64_t>& values) {
            const auto first = values.begin() + 64 * micro;
            return std::vector<std::int64_t>(first, first + 64);
        };
        return TokenBatch{1, 64, row(batch.inputs), row(batch.labels)};
    };
    const TrainedRank expected = train(together, both).front();
    const TrainedRank actual = train(apart, oneByOne).front();
    for (std::size_t step = 0; step < expected.steps.size(); ++step) {
        EXPECT_NEAR(actual.steps[step].record.loss, expected.steps[step].record.loss, limit);
        EXPECT_EQ(actual.steps[step].record.tokens, 128);
    }
    expectSame(actual.parameters, expected.parameters, "parameters");
}

TEST(Training, SendsExactlyTheBytesThatThePlanPredicts) {
    for (const int ranks : {2, 3, 4}) {
        for (const std::string& mode : shardedModes()) {
            RunConfig config = smallRun(mode, ranks);
            config.model.heads = config.model.kvHeads = ranks == 3 ? 3 : 4;
            config.model.hiddenSize = ranks == 3 ? 30 : 32;
            config.train.seqLen = 48;
            config.train.gradAccum = 2;
            config.train.precision = NumberFormat::Fp32;
            const RunPlan plan = planRun(config).value();
            std::int64_t busiest = 0;
            for (const TrainedRank& rank : train(config, fromProse(config))) {
                for (const StepOutcome& step : rank.steps) {
                    EXPECT_EQ(step.sent.gradient, plan.gradientBytesPerStep) << mode << ranks;
                    EXPECT_EQ(step.sent, rank.steps.front().sent) << mode << ranks;
                    busiest = std::max(busiest, step.sent.attention);
                }
            }
            EXPECT_EQ(busiest, plan.attentionBytesPerStep) << mode << " on " << ranks;
        }
    }
}

TEST(Training, ReportsTheSlowestRanksDurationOnAllRanks) {
    const RunConfig config = smallRun("ring", 4);
    const std::vector<TrainedRank> trained = train(config, fromProse(config));
    for (std::size_t step = 0; step < 4; ++step) {
        Nanos slowest{};
        for (const TrainedRank& rank : trained)
            slowest = std::max(slowest, rank.steps[step].ownDuration);
        for (const TrainedRank& rank : trained)
            EXPECT_EQ(rank.steps[step].record.duration, slowest);
    }
}

TEST(Training, ClipsTheGradientToItsLimit) {
    // AdamW does not feel the gradient's length, but its eps does: with clipping to almost nothing
    // the parameters hardly move.
    RunConfig config = smallRun("none", 1);
    config.train.steps = 1;
    const BatchSource prose = fromProse(config);
    config.train.lr = 0;
    const std::vector<double> start = train(config, prose).front().parameters;
    config.train.lr = 1e-2;
    const auto largestMove = [&](double clip) {
        config.train.gradClip = clip;
        const TrainedRank trained = train(config, prose).front();
        EXPECT_GT(trained.steps.front().record.gradNorm, 0.1) << "the norm is of before clipping";
        double move = 0;
        for (std::size_t i = 0; i < start.size(); ++i)
            move = std::max(move, std::abs(trained.parameters[i] - start[i]));
        return move;
    };
    EXPECT_NEAR(largestMove(0), 1e-2, 1e-4);
    EXPECT_NEAR(largestMove(1.0), 1e-2, 1e-4);
    EXPECT_LT(largestMove(1e-10), 1e-4);
}

std::string errorOfStep(const RunConfig& config, const BatchSource& batches, std::int64_t steps) {
    const RunPlan plan = planRun(config).value();
    std::string message;
    test::runRanks(1, [&](Group& group) {
        const auto trainer = Trainer::make(plan, group, batches).value();
        for (std::int64_t step = 0; step < steps && message.empty(); ++step) {
            const Result<StepOutcome> outcome = trainer->step(step);
            if (!outcome.ok()) message = outcome.error().message;
        }
    });
    return message;
}

TEST(Training, RefusesAStepWithoutAnyLabel) {
    const RunConfig config = smallRun("none", 1);
    const BatchSource prose = fromProse(config);
    const BatchSource batches = [=](std::int64_t step, std::int64_t micro) {
        TokenBatch batch = prose(step, micro);
        if (step == 1) std::ranges::fill(batch.labels, ignoredLabel);
        return batch;
    };
    EXPECT_EQ(errorOfStep(config, batches, 3),
              "no token of step 1 has a label; train on text with at least one per step");
}

TEST(Training, SaysWhenTheLossIsNoNumberAnyMore) {
    RunConfig config = smallRun("none", 1);
    config.train.lr = 1e200;
    EXPECT_THAT(errorOfStep(config, fromProse(config), 5), HasSubstr("lower train.lr"));
}

}  // namespace
}  // namespace ringscope
