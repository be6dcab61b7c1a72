// What a reader must know before believing a comparison.
#pragma once

#include "backend/compare/comparison.h"
#include "backend/compare/grouping.h"

#include <string>
#include <vector>

namespace ringscope {

// One sentence for each thing in which finished runs are unlike: computation, ranks, device,
// software, hosts; for each group that is not the same model; for finished runs without a speed.
// `groups` and `labels` go together, as do `labels` and comparison.groups() by name.
std::vector<std::string> unlikeRuns(const std::vector<Repeats>& groups,
                                    const std::vector<std::string>& labels);
std::vector<std::string> doubtfulFigures(const Comparison& comparison);

}  // namespace ringscope
