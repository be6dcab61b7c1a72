// Attention where queries stay on their rank and keys and values go round a ring.
#pragma once

#include "kernels/attention/key_choice.h"
#include "kernels/attention/key_form.h"
#include "kernels/block/block_attention.h"

namespace ringscope {

// own: what travels of this rank's keys and values, as travellingKeys() makes it. `choice`: of
// chosen blocks.
BlockOutput attendAround(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                         const KeyChoice& choice = {});

// `whole`: what attendAround() returned.
TravelGradients gradientsAround(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                                const BlockOutput& whole, const at::Tensor& dOut,
                                const KeyChoice& choice = {});

}  // namespace ringscope
