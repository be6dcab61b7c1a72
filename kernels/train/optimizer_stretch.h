// A stretch of an optimizer's state, as views: what a checkpoint reads and writes.
#pragma once

#include "backend/plan/element_range.h"

#include <ATen/core/Tensor.h>

namespace ringscope {

struct OptimizerMoment {
    at::Tensor numbers;   // (range.count), in the optimizer's type; with eightBit, codes
    at::Tensor scales{};  // with eightBit: of each block that the range has a part of
};

struct OptimizerStretch {
    ElementRange range;  // of the values that the optimizer changes
    OptimizerMoment mean;
    OptimizerMoment square;
};

}  // namespace ringscope
