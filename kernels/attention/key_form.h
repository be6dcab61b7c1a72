// What travels of keys and values, and what blocks compute with.
//
//     travelling (2, B, n, H, D)    K and V of the heads
//     travelling (1, B, n, 1, C)    latents, which become K and V of any heads; see KeyExpansion
#pragma once

#include "kernels/attention/executor_table.h"

#include <array>

namespace ringscope {

// Of this rank's tokens.
at::Tensor travellingKeys(const RankPart& part, const QueryKeyValue& input);

// The heads of the model's keys: `heads` that travel, or those that latents become.
std::int64_t keyHeads(const RankPart& part, const QueryKeyValue& input);

// K and V (B, r, h, D) of the heads `heads`, from rows that travelled for these heads, without
// autograd.
std::array<at::Tensor, 2> keysOf(const RankPart& part, const at::Tensor& rows,
                                 const HeadSpan& heads);

// The gradient of `rows`, in the type sums are kept in, from that of what keysOf() made of them:
// (2, B, r, h, D). Latents become keys once more for it.
at::Tensor travellingGradient(const RankPart& part, const at::Tensor& rows, const HeadSpan& heads,
                              const at::Tensor& keyGradients);

// Of this rank's queries, and of its travelling keys, these in the type sums are kept in.
struct TravelGradients {
    at::Tensor q;
    at::Tensor own;
};

// Of gradients of this rank's own travelling keys: those of k and v as input, in `type`.
AttentionGradients ofInput(const RankPart& part, at::Tensor dq, const at::Tensor& travelling,
                           at::ScalarType type);

}  // namespace ringscope
