// The number types attention is verified in, and how exact each has to be: one row each.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct NumberType {
    std::string_view name;  // "bf16"
    int bytes;
    int accumulatorBytes;  // of sums and travelling gradients
    // Relative to the largest value (at least 1). `floor`: granted to every mode. `ceiling`: what
    // the unsharded kernel itself may be off by; an error beyond it excuses nobody.
    double floor;
    double ceiling;
    double rounding;  // half a unit in the last place, relative
};

std::span<const NumberType> numberTypes();
const NumberType* findNumberType(std::string_view name);
std::vector<std::string> numberTypeNames();

}  // namespace ringscope
