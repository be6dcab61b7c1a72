// What `ringscope search max-seq-len` prints.
#pragma once

#include "backend/core/units.h"
#include "backend/memory/longest_sequence.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

struct SearchedLength {
    LengthCase about{};
    LongestSequence found{};
    // Of two real steps with so many tokens; nothing where none were run.
    std::optional<double> stepMs{};
    std::optional<std::int64_t> measuredPeakBytes{};
    std::string failure{};  // why they did not end
};

// A row a case. Ends with a newline.
std::string searchedLengthText(const std::vector<SearchedLength>& rows, Bytes budget);

// schema_version, experiment, budget_bytes, exit_code, rows[] (mode, levers, ranks, tokens,
// ended_by, step_ms, peak_bytes, measured_peak_bytes, failure). Ends with a newline.
std::string searchedLengthJson(const std::string& experiment,
                               const std::vector<SearchedLength>& rows, Bytes budget, int exitCode);

}  // namespace ringscope
