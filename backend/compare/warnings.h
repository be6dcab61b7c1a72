// What a reader must know before relying on a comparison.
#pragma once

#include "backend/compare/comparison.h"
#include "backend/compare/grouping.h"

#include <string>
#include <vector>

namespace ringscope {

// A sentence for each difference that limits the comparison (computation and ranks of a candidate
// and its baseline; software and hosts of all finished runs), for each group that is not
// the same model, and for finished runs without a speed. `labels[i]` is the label of `groups[i]`.
std::vector<std::string> warningsAbout(const Comparison& comparison,
                                       const std::vector<Repeats>& groups,
                                       const std::vector<std::string>& labels);

}  // namespace ringscope
