// What `ringscope plan time`, `sweep`, `advise`, `train` and `packing` print.
#pragma once

#include "backend/run/experiment_plan.h"
#include "backend/simulate/advice.h"
#include "backend/simulate/packing.h"
#include "backend/simulate/sweep.h"
#include "backend/simulate/training_cost.h"

#include <string>
#include <vector>

namespace ringscope {

struct PredictedRun {
    std::string name{};
    Prediction prediction{};
};

// Of runs at several lengths on so many ranks.
struct SweptRanks {
    std::int64_t ranks = 1;
    std::vector<SweepCurve> curves{};  // of a run each, over tokens
};

struct PredictedRuns {
    std::string experiment{};
    const Machine* machine = nullptr;
    std::vector<PredictedRun> runs{};
    std::vector<RefusedRun> refused{};
    std::vector<SweptRanks> swept{};  // of a sweep
};

// A row a run: the parts of its step, tokens a second, FLOPs, memory; then what the figures mean
// and how sure they are; of a sweep a sentence where the fastest changes. Ends with a newline, as
// all of these do.
std::string predictionText(const PredictedRuns& predicted);

// schema_version, experiment, machine{}, conventions{}, predictions[] (mode, arrangement, ranks,
// step_s and its parts, tokens_per_s, tflops{causal, full, with_recompute}, mfu, peak_bytes, fits,
// error_pct …), refusals[], and of a sweep fastest[] (ranks, first, changes[] with tokens,
// interpolated, from, to; sentence).
std::string predictionJson(const PredictedRuns& predicted);

std::string adviceText(const std::vector<Advice>& advice, const Machine& machine);
std::string adviceJson(const std::string& experiment, const std::vector<Advice>& advice,
                       const Machine& machine);

std::string trainingCostText(const std::vector<TrainingCost>& costs, const Machine& machine);
std::string trainingCostJson(const std::string& experiment, const std::vector<TrainingCost>& costs,
                             const Machine& machine);

std::string packingText(const PackingReport& report, int ranks);
std::string packingJson(const std::string& file, const PackingReport& report, int ranks);

// A row a machine: device, memory, peak, links, where its figures come from.
std::string machinesText(const std::vector<Machine>& machines);
std::string machinesJson(const std::vector<Machine>& machines);

}  // namespace ringscope
