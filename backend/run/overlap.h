// What a run's trace says, for its record: backend/analysis in the figures that runs are compared
// by.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_record.h"

#include <filesystem>
#include <optional>
#include <vector>

namespace ringscope {

struct Bandwidth;
struct RunFindings;

// Nothing where no step was recorded. Both of the same trace.
std::optional<OverlapFigures> overlapFigures(const RunFindings& findings,
                                             const std::vector<Bandwidth>& bandwidths);

// Of the trace in `folder`; an Error where it cannot be read or its analysis contradicts itself.
Result<std::optional<OverlapFigures>> readOverlap(const std::filesystem::path& folder);

}  // namespace ringscope
