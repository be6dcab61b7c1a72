// The sentence a run ends with where memory.budget has no room.
#include "kernels/rank/memory_budget.h"

#include "kernels/rank/counting_allocator.h"
#include "kernels/train/adamw.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <string>

namespace ringscope {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::int64_t mebibyte = 1 << 20;

RunPlan planWithBudget(const std::string& mode, std::int64_t ranks) {
    RunConfig config;
    config.parallel.mode = mode;
    config.parallel.sp = ranks;
    config.memory.budget = Bytes{100 * mebibyte};
    return planRun(config).value();
}

void hold(RefusedAllocation& refused, MemoryCategory category, std::int64_t bytes) {
    refused.live.at(static_cast<std::size_t>(category)) = bytes;
}

RefusedAllocation refusedActivations() {
    RefusedAllocation refused{.asked = {10 * mebibyte},
                              .place = {.step = 4, .layer = 1, .pass = SpanPass::Forward}};
    hold(refused, MemoryCategory::Parameters, 20 * mebibyte);
    hold(refused, MemoryCategory::Gradients, 22 * mebibyte);
    hold(refused, MemoryCategory::Unsaid, 40 * mebibyte);
    hold(refused, MemoryCategory::Workspace, 10 * mebibyte);
    return refused;
}

TEST(BudgetSentence, NamesTheAllocationItsPlaceAndWhatIsHeld) {
    const std::string sentence = budgetSentence(refusedActivations(), planWithBudget("zigzag", 2));
    EXPECT_EQ(sentence,
              "memory.budget (100 MiB) has no room for 10.0 MiB of activations in the forward pass "
              "of step 4, layer 1: 92.0 MiB are held (parameters 20.0 MiB, gradients 22.0 MiB, "
              "activations 50.0 MiB); less is needed with memory.recompute layers (activations), "
              "memory.tile_mlp (activations), train.precision bf16 (activations), a larger "
              "parallel.sp (activations), or raise memory.budget");
}

TEST(BudgetSentence, NamesNoSettingThatIsUsedAlready) {
    RunPlan plan = planWithBudget("none", 1);
    plan.config.memory.recompute = Recompute::Layers;
    plan.config.memory.tileMlp = 128;
    plan.config.train.precision = NumberFormat::Bf16;
    EXPECT_THAT(budgetSentence(refusedActivations(), plan),
                EndsWith("; less is needed with memory.offload_activations disk (activations), a "
                         "parallel.mode that shards (activations), or raise memory.budget"));
    plan.config.memory.offloadActivations = OffloadPlace::Disk;
    EXPECT_THAT(
        budgetSentence(refusedActivations(), plan),
        EndsWith("; less is needed with a parallel.mode that shards (activations), or raise "
                 "memory.budget"));
}

TEST(BudgetSentence, NamesWhatLowersLargeKindsAlone) {
    RefusedAllocation refused{.asked = {10 * mebibyte}, .category = MemoryCategory::Optimizer};
    hold(refused, MemoryCategory::Gradients, 30 * mebibyte);
    hold(refused, MemoryCategory::Logits, 5 * mebibyte);
    RunPlan plan = planWithBudget("zigzag", 2);
    const std::string sentence = budgetSentence(refused, plan);
    EXPECT_THAT(sentence, HasSubstr("10.0 MiB of optimizer outside of a step: 35.0 MiB are held"));
    EXPECT_THAT(sentence, EndsWith("; less is needed with memory.zero 2 (gradients), "
                                   "train.optimizer adamw8bit (optimizer), "
                                   "memory.offload_optimizer disk (optimizer), a larger "
                                   "parallel.sp (optimizer), or raise memory.budget"));
    EXPECT_THAT(budgetSentence(refused, planWithBudget("none", 1)), Not(HasSubstr("memory.zero")))
        << "one rank has nobody to share with";
    plan.config.memory.zero = 0;
    EXPECT_THAT(budgetSentence(refused, plan), HasSubstr("memory.zero 1 (optimizer)"));
    plan.config.memory.offloadOptimizer = OffloadPlace::Disk;
    EXPECT_THAT(budgetSentence(refused, plan), Not(HasSubstr("offload_optimizer")));
}

TEST(BudgetSentence, SaysOfLogitsNoLayer) {
    RefusedAllocation refused{.asked = {mebibyte},
                              .category = MemoryCategory::Logits,
                              .place = {.step = 0, .layer = 3, .pass = SpanPass::Backward}};
    const std::string sentence = budgetSentence(refused, planWithBudget("zigzag", 2));
    EXPECT_THAT(sentence,
                StartsWith("memory.budget (100 MiB) has no room for 1.00 MiB of logits in "
                           "the backward pass of step 0: 0 B are held; "));
    EXPECT_THAT(sentence, HasSubstr("memory.tile_loss (logits)"));
}

TEST(OptimizerMemory, IsAQuarterWith8Bits) {
    MemoryMeter& meter = countCpuTensors();
    constexpr std::int64_t count = 1 << 20;
    const auto held = [&](bool eightBit) {
        const LiveBytes before = cpuTensorLog().live();
        const AdamW optimizer(count, {}, at::TensorOptions().dtype(at::kFloat),
                              std::vector<ElementRange>{{.count = count, .eightBit = eightBit}});
        const LiveBytes after = cpuTensorLog().live();
        constexpr auto place = static_cast<std::size_t>(MemoryCategory::Optimizer);
        return after.at(place) - before.at(place);
    };
    const Bytes before = meter.current();
    EXPECT_EQ(held(false), 2 * 4 * count);
    EXPECT_EQ(held(true), 2 * (count + count / 256 * 4));
    EXPECT_LT(held(true), 0.26 * static_cast<double>(held(false)));
    EXPECT_EQ(meter.current(), before);

    at::Tensor values = at::zeros({count});
    const at::Tensor gradient = at::ones({count});
    AdamW optimizer(count, {}, at::TensorOptions().dtype(at::kFloat),
                    std::vector<ElementRange>{{.count = count, .eightBit = true}});
    meter.restartPeak();
    const Bytes held8 = meter.current();
    optimizer.step(values, gradient, 1);
    EXPECT_EQ(meter.peak(), held8) << "a step makes no tensor";
}

}  // namespace
}  // namespace ringscope
