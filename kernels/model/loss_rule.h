// What the loss of a token is besides the negative log-likelihood of its label.
//
//   p      softmax of the logits x of all V tokens        s = log sum exp x
//   loss   s - sum q x + z s^2        q = smoothing / V for all, and 1 - smoothing for the label
//   d x    p (1 + 2 z s) - q
#pragma once

namespace ringscope {

struct LossRule {
    double labelSmoothing = 0;
    double zLoss = 0;
};

}  // namespace ringscope
