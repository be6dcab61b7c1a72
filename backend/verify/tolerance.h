// How exact attention has to be in each number format: one row each.
#pragma once

#include "backend/config/precision.h"

namespace ringscope {

struct Tolerance {
    NumberFormat value{};
    // Relative to the largest value (at least 1). `floor`: granted to every mode. `ceiling`: the
    // most that the error of the unsharded kernel may excuse.
    double floor = 0;
    double ceiling = 0;
    double rounding = 0;  // half a unit in the last place, relative
};

const Tolerance& toleranceOf(NumberFormat format);

}  // namespace ringscope
