// Experts that ranks share (parallel.ep): the same training as on one rank, and what travels.
#include "backend/model/parameter_share.h"
#include "kernels/train/rank_model.h"
#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/train/family_models.h"
#include "tests/kernels/train/training.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using test::TrainedRank;

constexpr std::int64_t tokens = 64;

// A dense layer, then two with eight experts.
RunConfig expertRun(const std::string& mode, int sp, int dp, int ep) {
    RunConfig config = test::smallRun(mode, sp);
    config.model.layers = 3;
    config.model.layerPattern = {"dense", "experts", "experts"};
    config.model.experts = {.count = 8, .perToken = 2, .size = 24, .sharedSize = 16};
    config.model.experts.normalized = true;
    config.train.steps = 2;
    config.train.weightDecay = 0.1;
    config.train.routerAuxLoss = 0.02;
    config.parallel.dp = dp;
    config.parallel.ep = ep;
    return config;
}

RunConfig onOneRank(RunConfig config) {
    config.train.gradAccum *= config.parallel.dp;
    config.parallel = ParallelConfig{};
    config.parallel.mode = "none";
    return config;
}

void expectAsAlone(const RunConfig& config) {
    const Result<RunPlan> plan = planRun(config);
    ASSERT_TRUE(plan.ok()) << plan.error().message;
    const RunConfig alone = onOneRank(config);
    const TrainedRank reference = test::train(alone, test::fromProse(alone)).front();
    for (const TrainedRank& rank : test::train(config, test::fromProse(config))) {
        for (std::size_t step = 0; step < reference.steps.size(); ++step) {
            const StepOutcome& wanted = reference.steps[step];
            const StepOutcome& actual = rank.steps[step];
            EXPECT_NEAR(actual.record.loss, wanted.record.loss, 1e-10 * wanted.record.loss);
            EXPECT_NEAR(actual.record.gradNorm, wanted.record.gradNorm, 1e-9);
            EXPECT_EQ(actual.expertUse, wanted.expertUse) << step;
            EXPECT_EQ(actual.sent.gradient, plan->gradientBytesPerStep);
            EXPECT_LE(actual.sent.experts, plan->mostExpertBytesPerStep);
            EXPECT_GT(actual.sent.experts, 0);
        }
        EXPECT_THAT(rank.parameters,
                    ::testing::Pointwise(::testing::DoubleNear(1e-9), reference.parameters));
    }
}

TEST(SpreadExperts, TrainAsOnOneRankUnderEveryMode) {
    for (const std::string& mode : test::shardedModes()) {
        SCOPED_TRACE(mode);
        const RunConfig config = expertRun(mode, 4, 1, 4);
        if (planRun(config).ok()) expectAsAlone(config);
    }
}

TEST(SpreadExperts, TrainAsOnOneRankWhereSomeRanksShareThem) {
    for (const std::string mode : {"ring", "zigzag", "ulysses"}) {
        SCOPED_TRACE(mode);
        expectAsAlone(expertRun(mode, 4, 1, 2));
    }
}

// Padding counts for no expert and no loss.
TEST(SpreadExperts, TrainAsOnOneRankWhereALengthIsPadded) {
    for (const std::string mode : {"zigzag", "legacy"}) {
        SCOPED_TRACE(mode);
        RunConfig config = expertRun(mode, 4, 1, 2);
        config.train.seqLen = 61;
        expectAsAlone(config);
    }
}

TEST(SpreadExperts, TrainAsOnOneRankAcrossReplicas) {
    for (const auto& [sp, dp, ep] : {std::tuple{1, 4, 4}, {1, 4, 2}, {2, 2, 4}, {2, 2, 2}}) {
        SCOPED_TRACE(::testing::Message() << "sp " << sp << ", dp " << dp << ", ep " << ep);
        expectAsAlone(expertRun("ring", sp, dp, ep));
    }
}

TEST(SpreadExperts, TrainAModelOfAnotherMakerAsOnOneRank) {
    RunConfig config = test::familyRun("deepseek-v3", NumberFormat::Fp64);
    config.train.routerBiasStep = 0.01;
    const BatchSource batches = [batch = test::familyBatch("deepseek-v3")](
                                    std::int64_t, std::int64_t) { return batch; };
    const TrainedRank reference = test::train(config, batches).front();
    config.parallel.mode = "ring";
    config.parallel.sp = 2;
    config.parallel.ep = 2;
    for (const TrainedRank& rank : test::train(config, batches)) {
        for (std::size_t step = 0; step < reference.steps.size(); ++step)
            EXPECT_NEAR(rank.steps[step].record.loss, reference.steps[step].record.loss, 1e-9);
        EXPECT_THAT(rank.parameters,
                    ::testing::Pointwise(::testing::DoubleNear(1e-9), reference.parameters));
    }
}

// Two replicas of one rank each: what one rank counts on a replica's batch alone says how many of
// its tokens use the other rank's experts.
TEST(SpreadExperts, SendExactlyTheTokensThatUseAnotherRanksExperts) {
    const RunConfig config = expertRun("ring", 1, 2, 2);
    const BatchSource batches = test::fromProse(config);
    std::vector<std::vector<std::int64_t>> uses(2);  // rank r's tokens with rank e's experts
    for (int rank = 0; rank < 2; ++rank) {
        RunConfig alone = onOneRank(config);
        alone.train.gradAccum = 1;
        alone.train.steps = 1;
        const TrainedRank trained = test::train(alone, [&](std::int64_t step, std::int64_t) {
                                        return batches(step, rank);
                                    }).front();
        uses[static_cast<std::size_t>(rank)].resize(2);
        for (const std::vector<std::int64_t>& layer : trained.steps.front().expertUse)
            for (std::size_t expert = 0; expert < layer.size(); ++expert)
                uses[static_cast<std::size_t>(rank)][expert / 4] += layer[expert];
    }
    constexpr std::int64_t layers = 2;
    const std::int64_t row = config.model.hiddenSize * 8;
    const auto trained = test::train(config, batches);
    for (std::size_t rank = 0; rank < 2; ++rank) {
        const std::int64_t away = uses[rank][1 - rank];
        const std::int64_t foreign = uses[1 - rank][rank];
        EXPECT_EQ(uses[rank][0] + uses[rank][1], layers * tokens * 2);
        EXPECT_EQ(trained[rank].steps.front().sent.experts,
                  layers * 4 * 8 + 2 * (away + foreign) * row);
    }
}

TEST(SpreadExperts, LieOnTheirRankAlone) {
    const RunConfig config = expertRun("zigzag", 4, 1, 4);
    const RunPlan plan = planRun(config).value();
    const ParameterShare share =
        parameterShare(parameterList(config.model, plan.layers), {.ranks = 4, .sharing = 4});
    ASSERT_EQ(share.parts.size(), 2U);
    const std::int64_t scalars = share.parts[0].span.count + 4 * share.parts[1].span.count;
    EXPECT_LE(scalars - plan.parameters, 4);  // padding
    test::runRanks(4, [&](Group& group) {
        auto model = RankModel::make(plan, group, c10::Device(c10::kCPU)).value();
        EXPECT_EQ(model->parameters().values().numel(), share.elements());
        EXPECT_EQ(model->parameters().weight("layers.1.ffn.experts.down").value.size(0), 2);
    });
}

}  // namespace
}  // namespace ringscope
