// The comparison's answer in words.
#pragma once

#include "backend/compare/comparison.h"

#include <string>

namespace ringscope {

// One sentence without a full stop, naming the fastest finished candidate of every baseline
// setting, whether it is the same model, and what did not finish.
std::string verdictSentence(const Comparison& comparison);

// "its loss differs by 3.1e-03, where at most 1e-05 is rounding"; empty where parity is not
// Different.
std::string parityComplaint(const RunGroup& group);

}  // namespace ringscope
