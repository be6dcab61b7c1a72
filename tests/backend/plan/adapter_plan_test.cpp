#include "backend/plan/adapter_plan.h"

#include "backend/plan/memory_zero.h"
#include "backend/plan/optimizer_state.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

RunConfig adaptedRun(const std::string& mode = "none", int ranks = 1) {
    RunConfig config;
    config.train.seqLen = 256;
    config.parallel.mode = mode;
    config.parallel.sp = ranks;
    config.adapter = {.kind = AdapterKind::Lora, .rank = 8, .alpha = 16};
    return config;
}

std::int64_t elementsOf(const std::vector<ParameterSpec>& list, bool trained) {
    std::int64_t count = 0;
    for (const ParameterSpec& spec : list)
        if (spec.trained == trained) count += spec.elements();
    return count;
}

TEST(AdapterPlan, TrainsTheMatricesAndNothingElse) {
    const RunPlan plan = planRun(adaptedRun()).value();
    // Of a layer: q, k, v, o, gate, up and down, each rank * (rows + columns).
    const std::int64_t layer =
        8 * ((256 + 256) + 2 * (128 + 256) + (256 + 256) + 2 * (688 + 256) + (256 + 688));
    EXPECT_EQ(trainedParameters(plan), 4 * layer);
    EXPECT_EQ(elementsOf(heldParameters(plan), true), 4 * layer);
    EXPECT_EQ(elementsOf(heldParameters(plan), false), plan.parameters);
    EXPECT_THAT(plan.notes, Contains(HasSubstr("parameters train beside")));
    RunConfig whole = adaptedRun();
    whole.adapter.kind = AdapterKind::None;
    EXPECT_EQ(trainedParameters(planRun(whole).value()), plan.parameters);
    EXPECT_LT(plan.flopsPerStep, planRun(whole)->flopsPerStep);
}

TEST(AdapterPlan, SumsTheGradientsOfTheMatricesAlone) {
    for (const std::int64_t zero : {0, 1, 2, 3}) {
        RunConfig config = adaptedRun("zigzag", 2);
        config.memory.zero = zero;
        const RunPlan plan = planRun(config).value();
        const std::int64_t sent = trainedParameters(plan) / 2 * 4;
        EXPECT_EQ(stateBytes(plan).gradients, zero == 0 ? 2 * sent : sent) << zero;
        if (zero < 3) {
            EXPECT_EQ(stateBytes(plan).values, zero == 0 ? 0 : sent) << zero;
        }
        const ParameterShare share = parameterShareOf(plan);
        for (const SharePart& part : share.parts)
            for (const ParameterSpec& spec : share.list) {
                const std::int64_t end = part.span.begin + part.span.count;
                if (spec.offset < part.span.begin || spec.offset >= end) continue;
                EXPECT_EQ(part.frozen, !isOfAdapter(spec)) << spec.name;
            }
    }
}

TEST(AdapterPlan, RefusesWhatTheModelDoesNotHave) {
    RunConfig config = adaptedRun();
    config.adapter.targets = {"q_proj", "c_attn"};
    const Result<RunPlan> plan = planRun(config);
    ASSERT_FALSE(plan.ok());
    EXPECT_EQ(plan.error().message,
              "adapter.targets: this model has no linear layer 'c_attn'; it has q_proj, k_proj, "
              "v_proj, o_proj, gate_proj, up_proj, down_proj");
}

TEST(AdapterPlan, HasFourBitsInsteadOfLinearLayers) {
    RunConfig config = adaptedRun();
    config.adapter.kind = AdapterKind::Qlora;
    config.adapter.targets = {"v_proj"};
    const RunPlan plan = planRun(config).value();
    const std::vector<ParameterSpec> held = heldParameters(plan);
    for (const ParameterSpec& spec : held)
        EXPECT_FALSE(spec.name.ends_with("qkv.weight") || spec.name.ends_with("down.weight"))
            << spec.name;
    std::int64_t inFourBits = 0;
    for (const LinearLayer& layer : fourBitLayers(plan)) inFourBits += layer.rows * layer.columns;
    EXPECT_EQ(elementsOf(held, false) + inFourBits, plan.parameters);
    EXPECT_EQ(trainedParameters(plan), 4 * 8 * (128 + 256));
    EXPECT_THAT(plan.notes, Contains(HasSubstr("parameters in 4 bits take")));
}

}  // namespace
}  // namespace ringscope
