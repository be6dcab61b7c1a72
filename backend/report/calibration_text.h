// What `ringscope calibrate` prints.
#pragma once

#include "backend/simulate/calibration.h"

#include <optional>
#include <string>

namespace ringscope {

struct CalibrationSummary {
    Calibration calibration{};
    std::optional<Machine> before{};  // as it was known
    Drift drift{};                    // since then
    bool drifted = false;             // by more than the machine's own unrest
    bool kept = true;                 // the new figures are what `this` means now
    std::string file{};
};

// Ends with a newline.
std::string calibrationText(const CalibrationSummary& summary);

// schema_version, machine{}, spread_pct, drift{worst_pct, changes[]} or null, drifted, kept, file.
std::string calibrationJson(const CalibrationSummary& summary);

}  // namespace ringscope
