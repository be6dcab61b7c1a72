// Attention where queries stay on their rank and the keys of all ranks that share them are gathered
// there.
#pragma once

#include "kernels/attention/key_form.h"
#include "kernels/block/block_attention.h"

#include <vector>

namespace ringscope {

struct GatheredOutput {
    BlockOutput whole;
    std::vector<at::Tensor> chosen{};  // by each group of heads, where tokens choose keys
};

// own: what travels of this rank's keys and values, as travellingKeys() makes it; kvHeads: the
// heads that it becomes. part.owned: the tokens of the ranks that share keys.
GatheredOutput attendGathered(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                              std::int64_t kvHeads);

// `output`: what attendGathered() returned.
TravelGradients gradientsGathered(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                                  std::int64_t kvHeads, const GatheredOutput& output,
                                  const at::Tensor& dOut);

}  // namespace ringscope
