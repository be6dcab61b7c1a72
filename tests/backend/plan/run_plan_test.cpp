#include "backend/plan/run_plan.h"

#include "backend/plan/mode_table.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

RunConfig config(const std::string& mode, std::int64_t sp) {
    RunConfig config;
    config.parallel.mode = mode;
    config.parallel.sp = sp;
    return config;
}

TEST(RunPlan, AddsUpLayersAndAccumulationSteps) {
    RunConfig once = config("ring", 4);
    RunConfig twice = once;
    twice.train.gradAccum = 2;
    const RunPlan plan = planRun(once).value();
    EXPECT_EQ(plan.attentionBytesPerStep, sentBytes(plan.schedule, 0) * once.model.layers);
    EXPECT_EQ(planRun(twice).value().attentionBytesPerStep, 2 * plan.attentionBytesPerStep);
    // Gradients are summed once a step, however many pieces it was accumulated from.
    EXPECT_EQ(planRun(twice).value().gradientBytesPerStep, plan.gradientBytesPerStep);
}

TEST(RunPlan, CountsTheModelsParameters) {
    ModelConfig model;  // 4 layers, hidden 256, 8 heads, 4 key/value heads, ffn 688, 256 bytes
    const std::int64_t layer = 2 * 256 * 256 + 2 * 256 * 128 + 3 * 256 * 688 + 2 * 256;
    EXPECT_EQ(parameterCount(model), 2 * 256 * 256 + 4 * layer + 256);
    model.tiedHead = true;
    EXPECT_EQ(parameterCount(model), 256 * 256 + 4 * layer + 256);
}

TEST(RunPlan, NeedsTheSameFlopsUnderEveryMode) {
    const double reference = planRun(config("none", 1)).value().flopsPerStep;
    EXPECT_GT(reference, 1e9);
    for (const std::string& mode : modeNames())
        EXPECT_DOUBLE_EQ(planRun(config(mode, 4)).value().flopsPerStep, reference) << mode;
}

TEST(RunPlan, RunsNoneOnOneRankAndSaysThatSpIsNotUsed) {
    const RunPlan plan = planRun(config("none", 4)).value();
    EXPECT_EQ(plan.ranks, 1);
    ASSERT_EQ(plan.notes.size(), 1U);
    EXPECT_EQ(plan.notes[0], "mode none runs on one rank; parallel.sp = 4 is not used");
}

TEST(RunPlan, NamesEveryReasonAtOnce) {
    RunConfig wrong = config("zigzag", 4);
    wrong.train.seqLen = 1026;
    wrong.attention.dropout = 0.1;
    wrong.parallel.dp = 2;
    const Result<RunPlan> plan = planRun(wrong);
    ASSERT_FALSE(plan.ok());
    EXPECT_EQ(plan.error().code, ErrorCode::InvalidConfig);
    for (const char* reason : {"attention.dropout", "parallel.dp", "1026 tokens do not divide"})
        EXPECT_NE(plan.error().message.find(reason), std::string::npos) << plan.error().message;
}

TEST(RunPlan, RefusesMessagesOverTheBufferLimit) {
    RunConfig tight = config("ring", 2);
    tight.parallel.commBufferLimit = {1024};
    const Result<RunPlan> plan = planRun(tight);
    ASSERT_FALSE(plan.ok());
    EXPECT_NE(plan.error().message.find("more than parallel.comm_buffer_limit (1.00 KiB)"),
              std::string::npos)
        << plan.error().message;
}

TEST(RunPlan, CutsTheGradientIntoEqualPaddedSlices) {
    EXPECT_EQ(gradientSliceElements(10, 4), 3);
    EXPECT_EQ(gradientSliceElements(12, 4), 3);
    const RunPlan plan = planRun(config("ulysses", 4)).value();
    EXPECT_EQ(plan.gradientBytesPerStep,
              2 * 3 * gradientSliceElements(plan.parameters, 4) * std::int64_t{4});
}

}  // namespace
}  // namespace ringscope
