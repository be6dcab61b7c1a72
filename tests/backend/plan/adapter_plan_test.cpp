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

RunConfig adaptedExpertsRun(const std::string& mode = "none", int ranks = 1) {
    RunConfig config = adaptedRun(mode, ranks);
    config.model.experts = {.count = 8, .perToken = 2, .size = 96, .normalized = true};
    config.model.qkNorm = QkNorm::Head;
    config.adapter.targets = {"q_proj", "gate_proj", "up_proj", "down_proj"};
    return config;
}

TEST(AdapterPlan, HasMatricesOfEachExpertWhereTheyAreNamed) {
    RunConfig config = adaptedExpertsRun();
    const RunPlan plan = planRun(config).value();
    const std::int64_t query = 8 * (256 + 256);
    const std::int64_t expert = 8 * 3 * (96 + 256);
    EXPECT_EQ(trainedParameters(plan), 4 * (query + 8 * expert));
    EXPECT_EQ(multipliedAdapters(plan), 4 * (query + 2 * expert));
    EXPECT_EQ(elementsOf(heldParameters(plan), true), trainedParameters(plan));
    std::vector<std::int64_t> ofA;
    std::vector<std::int64_t> ofB;
    for (const ParameterSpec& spec : heldParameters(plan)) {
        if (spec.name == "layers.1.ffn.experts.down.lora.down_proj.a") ofA = spec.shape;
        if (spec.name == "layers.1.ffn.experts.gate_up.lora.up_proj.b") ofB = spec.shape;
    }
    EXPECT_EQ(ofA, (std::vector<std::int64_t>{8, 8, 96}));
    EXPECT_EQ(ofB, (std::vector<std::int64_t>{8, 96, 8}));
    // Not where nothing is named.
    config.adapter.targets = {};
    const RunPlan usual = planRun(config).value();
    for (const AdapterSite& site : usual.adapterSites)
        EXPECT_FALSE(site.layer.isOfExperts()) << site.layer.module;
}

TEST(AdapterPlan, DividesTheMatricesOfExpertsAsTheExperts) {
    for (const std::int64_t zero : {0, 2}) {
        RunConfig config = adaptedExpertsRun("zigzag", 4);
        config.parallel.ep = 2;
        config.memory.zero = zero;
        const RunPlan plan = planRun(config).value();
        const ParameterShare share = parameterShareOf(plan);
        std::int64_t adapters = 0;
        for (const SharePart& part : share.parts)
            for (const ParameterSpec& spec : share.list) {
                const std::int64_t end = part.span.begin + part.span.count;
                if (spec.offset < part.span.begin || spec.offset >= end) continue;
                EXPECT_EQ(part.frozen, !isOfAdapter(spec)) << spec.name;
                EXPECT_EQ(part.experts, isOfExperts(spec)) << spec.name;
                if (isOfExperts(spec)) {
                    EXPECT_EQ(spec.shape[0], 4) << spec.name;
                }
                if (isOfAdapter(spec)) adapters += spec.elements();
            }
        EXPECT_EQ(adapters, 4 * 8 * (512 + 4 * 3 * (96 + 256)));
    }
}

TEST(AdapterPlan, HasFourBitsInsteadOfExperts) {
    RunConfig config = adaptedExpertsRun();
    config.adapter.kind = AdapterKind::Qlora;
    const RunPlan plan = planRun(config).value();
    const std::vector<ParameterSpec> held = heldParameters(plan);
    for (const ParameterSpec& spec : held)
        EXPECT_TRUE(!isOfExperts(spec) || isOfAdapter(spec)) << spec.name;
    std::int64_t inFourBits = 0;
    for (const LinearLayer& layer : plan.fourBitLayers)
        inFourBits += layer.matrices() * layer.rows * layer.columns;
    EXPECT_EQ(elementsOf(held, false) + inFourBits, plan.parameters);
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
    for (const LinearLayer& layer : plan.fourBitLayers) inFourBits += layer.rows * layer.columns;
    EXPECT_EQ(elementsOf(held, false) + inFourBits, plan.parameters);
    EXPECT_EQ(trainedParameters(plan), 4 * 8 * (128 + 256));
    EXPECT_THAT(plan.notes, Contains(HasSubstr("parameters in 4 bits take")));
}

}  // namespace
}  // namespace ringscope
