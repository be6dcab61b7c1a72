// Runs against their own predictions on the machine that was calibrated: how far a prediction is
// off, as this machine's own runs tell.
#pragma once

#include "backend/core/result.h"
#include "backend/machine/machine.h"
#include "backend/run/run_record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

struct CheckedRun {
    std::string name{};
    std::string mode{};
    int ranks = 1;
    double predictedMs = 0;  // of a step
    double measuredMs = 0;   // the median step
    double predictedExposedMs = 0;
    std::optional<double> measuredExposedMs{};  // where steps were recorded
    std::int64_t predictedPeakBytes = 0;
    std::int64_t measuredPeakBytes = 0;

    // Above 0: it took longer than was predicted.
    double errorPercent() const { return (measuredMs / predictedMs - 1) * 100; }
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

// Finished runs on this machine's CPU with at least one step behind its warm-up count.
Foresight checkedPredictions(const std::vector<RunRecord>& runs, const Machine& machine);

}  // namespace ringscope
