// Where the pairs of a block lie in the rectangle of its step's queries and keys: what a picture of
// a schedule fills.
#pragma once

#include "backend/plan/schedule.h"

#include <vector>

namespace ringscope {

// Shares of the rectangle, 0 to 1: keys across, queries down.
struct ShapePoint {
    double across = 0;
    double down = 0;
};

// A closed outline. `tokensPerRank`: the rows that a rank of the step's queries or keys adds.
std::vector<ShapePoint> blockShape(const Block& block, const Step& step, const AttentionMask& mask,
                                   std::int64_t tokensPerRank);

}  // namespace ringscope
