// What stands between the projections of a feed-forward, on rows.
#pragma once

#include "backend/model/model_choices.h"

#include <ATen/core/Tensor.h>

namespace ringscope {

// projected (R, 2F), gates then ups, or (R, F) where the kind has no gate -> hidden (R, F).
void activate(FeedForwardKind kind, const at::Tensor& projected, at::Tensor& hidden);
// Writes dProjected.
void activateBackward(FeedForwardKind kind, const at::Tensor& projected, const at::Tensor& dHidden,
                      at::Tensor& dProjected);

}  // namespace ringscope
