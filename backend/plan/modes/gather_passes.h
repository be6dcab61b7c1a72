// The communication of modes whose ranks keep their queries and gather everybody's keys: an
// all-gather of K and V, and in the backward pass a reduce-scatter of dK and dV behind it.
//
//   heads in two groups      step 0                           step 1
//   forward                  gather heads 0, gather heads 1   compute heads 1
//                            compute heads 0
//   backward                 the same, and each step's dK and dV are summed while the next computes
//
// Keys and values are gathered a group of heads at a time: the next group travels while one is
// computed, and only two groups are in memory.
#pragma once

#include "backend/plan/schedule.h"

namespace ringscope {

// `groups` at most: fewer where there are fewer key/value heads.
Schedule gatherPasses(const AttentionShape& shape, ShardLayout layout, std::int64_t groups);

}  // namespace ringscope
