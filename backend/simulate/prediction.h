// What a run would take on a machine that may not be here: time, memory, money, and how sure that
// is.
#pragma once

#include "backend/core/result.h"
#include "backend/machine/machine.h"
#include "backend/memory/memory_plan.h"
#include "backend/plan/run_plan.h"
#include "backend/simulate/simulator.h"
#include "backend/trace/trace.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// FLOPs that the model needs in a step, by what is counted.
struct StepFlops {
    double causal = 0;         // pairs that are seen
    double full = 0;           // all pairs of a sequence, as if nothing were masked
    double withRecompute = 0;  // pairs that are seen, and what is computed again
};
StepFlops stepFlops(const RunPlan& plan);

struct Prediction {
    std::string mode{};
    std::string arrangement{};  // in words, where a mode groups ranks
    int ranks = 1;
    int sequenceRanks = 1;  // of them, that share a sequence
    std::string kernel{};
    std::int64_t tokens = 0;  // of a step, over all replicas
    std::int64_t stepNanos = 0;
    RankTimes mean{};       // over ranks; sums to the step
    int unlikeRanks = 1;    // that were simulated; the others do as they do
    double ranksApart = 0;  // how much the work of those others differs: 0.01 is 1 %
    StepFlops flops{};
    double peakTflops = 0;            // of a device; 0: not known
    std::int64_t attentionBytes = 0;  // that the busiest rank sends in a step
    std::int64_t gradientBytes = 0;
    PredictedPeak peak{};
    std::int64_t besideBytes = 0;  // of a device, beside tensors: an estimate
    std::int64_t deviceBytes = 0;  // it has
    double errorPercent = 0;
    std::string errorSource{};
    double watts = 0;
    double usdPerHour = 0;  // of all devices; 0: not known

    double seconds() const { return static_cast<double>(stepNanos) / 1e9; }
    double tokensPerSecond() const { return static_cast<double>(tokens) / seconds(); }
    double tflops(double flopsOfStep) const { return flopsOfStep / seconds() / ranks / 1e12; }
    double mfu() const { return peakTflops > 0 ? tflops(flops.causal) / peakTflops : 0; }
    std::int64_t neededBytes() const { return peak.bytes() + besideBytes; }
    bool fits() const { return neededBytes() <= deviceBytes; }
    // US dollars for a million tokens; 0: not known.
    double usdPerMillionTokens() const { return usdPerHour / 3600 / tokensPerSecond() * 1e6; }
};

// Only the time: memory is not looked at. Equal layers and batches are simulated a few times, and
// what one more of them takes is counted for the others.
struct StepTimes {
    std::int64_t stepNanos = 0;
    RankTimes mean{};
    int unlikeRanks = 1;
    double ranksApart = 0;
};
Result<StepTimes> predictTimes(const RunPlan& plan, const Machine& machine,
                               const std::string& kernel = {});

// What a device of the machine holds beside tensors: an estimate.
std::int64_t bytesBesideTensors(const Machine& machine);

// `peak`: predictedPeak(), where it is known already. Of a plan that onMachine() led to.
Result<Prediction> predictRun(const RunPlan& plan, const Machine& machine,
                              const std::string& kernel = {},
                              const std::optional<PredictedPeak>& peak = {});

// A configuration as it runs on the machine: on its devices, on so many ranks in all. Ranks beyond
// parallel.dp groups share sequences. Fails where the numbers do not divide.
Result<RunConfig> onMachine(RunConfig config, const Machine& machine, std::int64_t ranks);

// The step that is predicted, as a trace that ranks would record. Fails beyond 256 ranks.
Result<Trace> predictedTrace(const RunPlan& plan, const Machine& machine,
                             const std::string& kernel = {});

}  // namespace ringscope
