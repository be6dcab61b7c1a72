// What `ringscope plan check` prints.
#pragma once

#include "backend/compare/foresight.h"

#include <string>

namespace ringscope {

// A row a run: predicted and measured step, exposed communication, peak; then how far predictions
// are off. Ends with a newline.
std::string foresightText(const Foresight& foresight, const Machine& machine);

// schema_version, machine, runs[] (name, mode, ranks, beforehand, predicted_ms, measured_ms,
// error_pct, predicted_exposed_ms, predicted_wait_ms, measured_exposed_ms, predicted_peak_bytes,
// measured_peak_bytes, peak_error_pct), left_out[], mean_pct, deviation, mean_abs_pct,
// worst_abs_pct.
std::string foresightJson(const Foresight& foresight, const Machine& machine);

}  // namespace ringscope
