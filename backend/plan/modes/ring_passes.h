// The communication every ring-like mode shares: keys and values travel round the ring, in the
// backward pass followed by their gradients. A mode adds which blocks each stop computes.
//
//   forward   step s: hold the keys of rank r - s; meanwhile pass them on (the last stop does not)
//   backward  the same, and the gradients of the keys held go on after the step's blocks were
//             added; P sends bring each rank's own gradients home in an extra step without blocks
#pragma once

#include "backend/plan/schedule.h"

#include <functional>

namespace ringscope {

// What rank `rank` computes while it holds the keys of rank `keysOf`.
using RingBlocks = std::function<std::vector<Block>(int rank, int keysOf)>;

Schedule ringPasses(const AttentionShape& shape, ShardLayout layout, const RingBlocks& blocks);

}  // namespace ringscope
