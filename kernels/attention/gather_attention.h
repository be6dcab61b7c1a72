// Attention where queries stay on their rank and the keys of all ranks that share them are gathered
// there.
#pragma once

#include "kernels/attention/key_form.h"
#include "kernels/block/block_attention.h"

#include <vector>

namespace ringscope {

struct GatheredOutput {
    BlockOutput whole;
    std::vector<at::Tensor> kept{};  // LocalOutput::kept of each group of heads
};

// own: what travels of this rank's keys and values, as travellingKeys() makes it; kvHeads: the
// heads that it becomes. part.owned: the tokens of the ranks that share keys. `gates`: of native
// sparse attention.
GatheredOutput attendGathered(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                              std::int64_t kvHeads, const at::Tensor& gates = {});

// `output`: what attendGathered() returned. `dGates`, where gates were given, gets their gradients.
TravelGradients gradientsGathered(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                                  std::int64_t kvHeads, const GatheredOutput& output,
                                  const at::Tensor& dOut, const at::Tensor& dGates = {});

}  // namespace ringscope
