// What keeps experts evenly used while a model trains. Both rules look at the tokens of all ranks,
// so that a step is the same however sequences and batches are split.
//
//   train.router_aux_loss    of each batch a loss is added, the form of Switch and Mixtral:
//
//       experts * sum over experts e of (share of choices of e) * (mean score of e)
//
//                            where a share counts a token once for each of its choices, and shares
//                            and means are taken over all tokens and all layers with experts
//                            together, as transformers does with output_router_logits. Gradients
//                            reach the scores alone. Scores that stand for themselves (sigmoid)
//                            are divided by their token's sum first.
//   train.router_bias_step   after each step the bias of an expert that was used less than the mean
//                            of its layer grows by this much, that of one used more falls
//                            (DeepSeek-V3). The optimizer does not touch these biases.
#pragma once

#include "kernels/comm/group.h"
#include "kernels/model/transformer.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ringscope {

// This rank's part of the loss of a batch of so many tokens: the parts of the ranks of `group` add
// up to the batch's. All of them must call it. A double.
at::Tensor balanceLoss(const RouterUse& routers, std::int64_t tokens, Group& group);

// +1, 0 or -1 for each expert. expertUse (layers, experts).
at::Tensor biasChanges(const at::Tensor& expertUse);

// The same numbers, of each layer.
std::vector<std::vector<std::int64_t>> countsOf(const at::Tensor& expertUse);

}  // namespace ringscope
