// A stretch of an optimizer's state, as views: what a checkpoint reads and writes.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/element_range.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace ringscope {

struct StateNumbers {
    at::Tensor numbers;   // (range.count), in the optimizer's type; with eightBit, a moment's codes
    at::Tensor scales{};  // with codes: of each block that the range has a part of
};

struct OptimizerStretch {
    ElementRange range;  // of the values that the optimizer changes
    StateNumbers mean;
    StateNumbers square;
};

// What a checkpoint keeps of elements: the values that the optimizer adds to, and its two moments.
enum class StateKind : std::uint8_t { Values, Mean, Square };

// Whether whoever visits state puts other numbers there.
enum class StateUse : std::uint8_t { Read, Change };

// Views are valid until it returns.
using StateVisit = std::function<Result<void>(StateKind, const ElementRange&, const StateNumbers&)>;

// Both moments of each stretch, counted from `begin`.
Result<void> visitMoments(const std::vector<OptimizerStretch>& stretches, std::int64_t begin,
                          const StateVisit& visit);

}  // namespace ringscope
