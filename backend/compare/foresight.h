// Runs against their own predictions on the machine that was calibrated: how far a prediction is
// off, as this machine's own runs tell.
#pragma once

#include "backend/core/result.h"
#include "backend/machine/machine.h"
#include "backend/plan/run_plan.h"
#include "backend/run/run_record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// What a run of this plan will take on this machine, which was calibrated as `machine`. Where its
// data keeps documents apart, that is read, and the mean of some batches is told. Fails with a
// sentence where nothing can be said of it: it runs elsewhere, on GPUs, or as was not measured.
Result<RunPrediction> predictionHere(const RunPlan& plan, const Machine& machine);

struct CheckedRun {
    std::string name{};
    std::string mode{};
    int ranks = 1;
    bool beforehand = false;  // it was predicted before it ran, with this calibration
    RunPrediction predicted{};
    double measuredMs = 0;                      // the median step
    std::optional<double> measuredExposedMs{};  // where steps were recorded
    std::int64_t predictedPeakBytes = 0;
    std::int64_t measuredPeakBytes = 0;

    // Above 0: it took longer than was predicted.
    double errorPercent() const { return (measuredMs / predicted.stepMs - 1) * 100; }
    double peakErrorPercent() const {
        return (static_cast<double>(measuredPeakBytes) / static_cast<double>(predictedPeakBytes) -
                1) *
               100;
    }
};

struct Foresight {
    std::vector<CheckedRun> runs{};      // that can be compared, in the order they were given
    std::vector<std::string> leftOut{};  // sentences: how many of the others, and why
    double meanPercent = 0;              // of their errors
    double deviation = 0;                // standard
    double meanAbsPercent = 0;
    double worstAbsPercent = 0;

    // Two deviations around the mean hold nearly all of them. Nothing with fewer than 3 runs.
    std::optional<ErrorBar> errorBar() const;
};

// Finished runs on this machine's CPU with at least one step behind its warm-up count. Those that
// this calibration did not predict beforehand are predicted now. `most`: stops after so many that
// can be compared; 0: never.
Foresight checkedPredictions(const std::vector<RunRecord>& runs, const Machine& machine,
                             std::size_t most = 0);

// What the last 40 of the runs say, which are the newest first, as a store lists them.
std::optional<ErrorBar> learnedErrorBar(const std::vector<RunRecord>& runs, const Machine& machine);

}  // namespace ringscope
