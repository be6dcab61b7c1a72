// A part of a rank's slice of the flat parameters.
#pragma once

#include <cstdint>

namespace ringscope {

// Elements [begin, begin + count).
struct ElementRange {
    std::int64_t begin = 0;
    std::int64_t count = 0;
    // With eightBit, all are of one parameter, and so many of its elements come before them.
    bool eightBit = false;
    std::int64_t skipped = 0;
    bool decayed = true;  // by the weight decay
};

}  // namespace ringscope
