// Plans and machines that tests of the simulator share.
#pragma once

#include "backend/machine/machine_table.h"
#include "backend/plan/planned_ranks.h"
#include "backend/simulate/prediction.h"

#include <gtest/gtest.h>

#include <string>

namespace ringscope::test {

inline RunConfig llama8b() {
    RunConfig config;
    config.model.layers = 32;
    config.model.hiddenSize = 4096;
    config.model.heads = 32;
    config.model.kvHeads = 8;
    config.model.ffnSize = 14336;
    config.model.vocabSize = 128256;
    config.train.precision = NumberFormat::Bf16;
    config.train.seqLen = 65536;
    config.parallel.commBufferLimit = Bytes{std::int64_t{16} << 30};
    config.memory.zero = 3;
    config.memory.recompute = Recompute::Layers;
    config.memory.tileLoss = 2048;
    return config;
}

inline RunPlan plannedOn(RunConfig config, const Machine& machine, const std::string& mode,
                         std::int64_t ranks) {
    config.parallel.mode = mode;
    const Result<RunConfig> moved = onMachine(config, machine, ranks);
    EXPECT_TRUE(moved.ok());
    Result<RunPlan> plan = planRanks(*moved, mostPlannedRanks);
    EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : plan.error().message);
    return *std::move(plan);
}

}  // namespace ringscope::test
