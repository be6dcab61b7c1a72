// The mode that memory.preset alst chooses, held against what the planner says of all modes.
#include "backend/config/memory_preset.h"
#include "backend/config/mode_names.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/run_plan.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

RunConfig withHeads(std::int64_t heads, std::int64_t kvHeads, std::int64_t ranks) {
    RunConfig config;
    config.model.heads = heads;
    config.model.kvHeads = kvHeads;
    config.model.headSize = 32;
    config.train.seqLen = 960;
    config.parallel.sp = ranks;
    config.memory.preset = MemoryPreset::Alst;
    return config;
}

std::string chosenMode(const RunConfig& config) {
    for (const auto& [path, value] : memoryPresetValues(config))
        if (path == "parallel.mode") return value;
    return {};
}

TEST(MemoryPreset, ChoosesUlyssesOrTheBalancedModeWithTheFewestBytes) {
    for (const std::int64_t ranks : {2, 3, 4, 6, 8})
        for (const std::int64_t heads : {1, 2, 3, 4, 6, 8, 12, 16})
            for (const std::int64_t kvHeads : {1, 2, 3, 4, 8}) {
                if (heads % kvHeads != 0) continue;
                RunConfig config = withHeads(heads, kvHeads, ranks);
                const std::string chosen = chosenMode(config);
                config.parallel.mode = chosen;
                const Result<RunPlan> plan = planRun(config);
                const std::string what = std::to_string(heads) + "/" + std::to_string(kvHeads) +
                                         " heads on " + std::to_string(ranks) + " ranks: ";
                ASSERT_TRUE(plan.ok()) << what << plan.error().message;
                config.parallel.mode = modenames::ulysses;
                if (planRun(config).ok()) {
                    EXPECT_EQ(chosen, modenames::ulysses) << what;
                    continue;
                }
                for (const Mode& mode : modeTable()) {
                    // These send less than zigzag by letting some ranks work longer.
                    if (mode.name == modenames::ring || mode.name == modenames::legacy ||
                        mode.name == modenames::dilatedRing ||
                        mode.name == modenames::dilatedGather)
                        continue;
                    config.parallel.mode = mode.name;
                    const Result<RunPlan> other = planRun(config);
                    if (!mode.sharded || !other.ok()) continue;
                    EXPECT_LE(plan->attentionBytesPerStep, other->attentionBytesPerStep)
                        << what << chosen << " sends more than " << mode.name;
                }
            }
}

}  // namespace
}  // namespace ringscope
