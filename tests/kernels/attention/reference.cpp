#include "tests/kernels/attention/reference.h"

#include <ATen/ATen.h>
#include <cmath>
#include <limits>

namespace ringscope::testing {
namespace {

// (B, n, H, D) to (B, Hq, n, D), each key head repeated for its group of query heads.
at::Tensor heads(const at::Tensor& tensor, std::int64_t queryHeads) {
    return tensor.repeat_interleave(queryHeads / tensor.size(2), 2).transpose(1, 2);
}

at::Tensor fp64(const at::Tensor& tensor) { return tensor.detach().to(at::kDouble).clone(); }

}  // namespace

double distance(const at::Tensor& a, const at::Tensor& b) {
    if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
    const double largest = (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
    return std::isnan(largest) ? std::numeric_limits<double>::infinity() : largest;
}

BlockOutput referenceForward(const BlockInput& block) {
    const at::Tensor q = block.q.to(at::kDouble).transpose(1, 2);
    const std::int64_t queryHeads = block.q.size(2);
    const double scale = block.scale.value_or(1 / std::sqrt(static_cast<double>(q.size(3))));
    at::Tensor scores =
        at::matmul(q, heads(block.k.to(at::kDouble), queryHeads).transpose(2, 3)) * scale;
    if (block.mask == MaskKind::Causal) {
        const at::Tensor later =
            at::ones({scores.size(2), scores.size(3)}, scores.options().dtype(at::kBool)).triu(1);
        scores = scores.masked_fill(later, -std::numeric_limits<double>::infinity());
    }
    const at::Tensor lse = at::logsumexp(scores, -1);
    const at::Tensor out =
        at::matmul(at::exp(scores - lse.unsqueeze(-1)), heads(block.v.to(at::kDouble), queryHeads));
    return {out.transpose(1, 2), lse.transpose(1, 2)};
}

BlockGradients referenceBackward(const BlockInput& block, const at::Tensor& dOut) {
    BlockInput leaves = block;
    for (at::Tensor* leaf : {&leaves.q, &leaves.k, &leaves.v}) *leaf = fp64(*leaf).requires_grad_();
    (referenceForward(leaves).out * dOut.to(at::kDouble)).sum().backward();
    return {leaves.q.grad(), leaves.k.grad(), leaves.v.grad()};
}

}  // namespace ringscope::testing
