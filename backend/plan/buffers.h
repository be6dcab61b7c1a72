// How much memory the buffers of messages take on one rank, computed from its steps. A buffer holds
// what arrives, until it is used and sent on, or what is packed to be sent. What a rank keeps for
// longer is no buffer: the heads of an all-to-all, the gradients of its own keys.
//
//   ring, backward     keys of this step, keys of the next; gradients on their way out and in
//   all-to-all         the packed tensors on both sides
//   all-gather         the shards of the heads of this step, and of the next
#pragma once

#include "backend/plan/schedule.h"

#include <cstdint>

namespace ringscope {

// The most at any one time, in the worse pass.
std::int64_t bufferBytes(const Schedule& schedule, const RankSchedule& steps);

}  // namespace ringscope
