// Attention where queries stay on their rank and the keys of all ranks that share them are gathered
// there.
#pragma once

#include "kernels/attention/key_form.h"
#include "kernels/block/block_attention.h"

namespace ringscope {

// own: what travels of this rank's keys and values, as travellingKeys() makes it; kvHeads: the
// heads that it becomes. part.owned: the tokens of the ranks that share keys.
BlockOutput attendGathered(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                           std::int64_t kvHeads);

// `whole`: what attendGathered() returned.
TravelGradients gradientsGathered(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                                  std::int64_t kvHeads, const BlockOutput& whole,
                                  const at::Tensor& dOut);

}  // namespace ringscope
