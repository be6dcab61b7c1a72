// A feed-forward of experts: a router picks a few for each token, and their outputs are added up,
// weighted. Tokens are sorted by expert, none is dropped, so what a token gets does not depend on
// its neighbours, and every mode of sequence parallelism computes the same.
#pragma once

#include "backend/model/model_config.h"
#include "kernels/model/functions.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ringscope {

// Which experts each of R tokens uses, and how much each counts; differentiable in the logits.
struct Routing {
    at::Tensor experts;  // (R, perToken), int64
    at::Tensor weights;  // (R, perToken), in what sums are kept in
    at::Tensor scores;   // (R, experts), of all experts; each row adds up to 1
};
// logits (R, experts). `bias` (experts) is added for the choice alone; not defined: none.
Routing route(const at::Tensor& logits, const ExpertConfig& config, const at::Tensor& bias);

struct Experts {
    FeedForwardKind kind = FeedForwardKind::Swiglu;  // with a gate
    Norm norm{};
    // Their weights, and the two of each thing beside them, have a matrix of each expert, biases a
    // column; in 4 bits the experts' rows follow each other. With dropout, the rows of a pass are
    // those of x.
    Projection gateUp{};  // (experts, 2F, hidden)
    Projection down{};    // (experts, hidden, F)
    // Rows that the first projection is made for at once, and again in the backward pass; 0: it is
    // kept, of all rows.
    std::int64_t tile = 0;
};
// residual + the weighted outputs of each token's experts. x and residual (B, n, hidden).
at::Tensor addExperts(const at::Tensor& x, const Experts& experts, const Routing& routing,
                      const at::Tensor& residual);

// What each expert makes of its rows, which are normalised already and sorted by expert:
// perExpert says how many each has. (rows, hidden).
at::Tensor applyExperts(const at::Tensor& rows, const Experts& experts,
                        const std::vector<std::int64_t>& perExpert);

}  // namespace ringscope
