// What a reader must know before believing a comparison.
#pragma once

#include "backend/compare/comparison.h"
#include "backend/compare/grouping.h"

#include <string>
#include <vector>

namespace ringscope {

// A sentence for each thing in which what is compared is unlike (computation and ranks of a
// candidate and its baseline; device, software and hosts of all finished runs), for each group that
// is not the same model, and for finished runs without a speed. `groups` and `labels` go together.
std::vector<std::string> warningsAbout(const Comparison& comparison,
                                       const std::vector<Repeats>& groups,
                                       const std::vector<std::string>& labels);

}  // namespace ringscope
