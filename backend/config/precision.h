// The number formats of train.precision. The field's choices take their spelling from here.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace ringscope {

struct Precision {
    std::string_view name;
    int bytes;     // of a weight or an activation
    int sumBytes;  // of what sums are kept in: gradients of weights, the optimizer's copy, dK and
                   // dV
};

// In the order in which they are shown.
inline constexpr std::array precisions = {
    Precision{"fp32", 4, 4},
    Precision{"bf16", 2, 4},
    Precision{"fp16", 2, 4},
    Precision{"fp64", 8, 8},
};

constexpr const Precision* findPrecision(std::string_view name) {
    const auto found = std::ranges::find(precisions, name, &Precision::name);
    return found == precisions.end() ? nullptr : &*found;
}

}  // namespace ringscope
