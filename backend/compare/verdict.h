// The comparison's answer in words.
#pragma once

#include "backend/compare/comparison.h"

#include <string>

namespace ringscope {

// One sentence without a full stop: in what the runs differ; the fastest finished candidate of
// every section and whether it is the same model, or of many sections how often each mode is the
// fastest; who waits; what did not finish.
std::string verdictSentence(const Comparison& comparison);

// "its loss differs by 3.1e-03, where at most 1e-05 is rounding"; empty where parity is not
// Different.
std::string parityComplaint(const RunGroup& group);

}  // namespace ringscope
