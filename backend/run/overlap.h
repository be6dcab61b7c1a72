// The figures of a run's trace that stand in its record and are compared between runs.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_record.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

struct Bandwidth;
struct RunFindings;

// Nothing where no step was recorded. Both of the same trace.
std::optional<OverlapFigures> overlapFigures(const RunFindings& findings,
                                             const std::vector<Bandwidth>& bandwidths);

struct RecordedOverlap {
    std::optional<OverlapFigures> figures{};
    std::string unsplit{};  // a sentence: why wait and transfer are not told apart, if they are not
};

// Why the figures have no wait and transfer; empty where they have them.
std::string whyUnsplit(const RunFindings& findings);

// Of the trace in `folder`; an Error where it cannot be read or its analysis contradicts itself.
Result<RecordedOverlap> readOverlap(const std::filesystem::path& folder);

}  // namespace ringscope
