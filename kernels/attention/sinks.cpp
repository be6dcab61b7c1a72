#include "kernels/attention/sinks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/logaddexp.h>

namespace ringscope {
namespace {

// The scores of these heads, in the type of `lse`.
at::Tensor ofHeads(const at::Tensor& scores, std::int64_t firstHead, const at::Tensor& lse) {
    return scores.narrow(0, firstHead, lse.size(2)).to(lse.scalar_type());
}

}  // namespace

void applySinks(const Sinks& sinks, std::int64_t firstHead, BlockOutput& whole) {
    if (!sinks.scores.defined()) return;
    const at::Tensor lse =
        at::logaddexp(whole.lse, ofHeads(sinks.scores, firstHead, whole.lse).expand_as(whole.lse));
    whole.out = whole.out * at::exp(whole.lse - lse).unsqueeze(3);
    whole.lse = lse;
}

// The sink is a key whose value is 0: its score's gradient is weight * (0 - out' dOut).
void addSinkGradients(const Sinks& sinks, std::int64_t firstHead, const BlockOutput& whole,
                      const at::Tensor& dOut) {
    if (!sinks.scores.defined() || !sinks.gradient.defined()) return;
    const at::ScalarType type = whole.lse.scalar_type();
    const at::Tensor weights = at::exp(ofHeads(sinks.scores, firstHead, whole.lse) - whole.lse);
    const at::Tensor products = (whole.out.to(type) * dOut.to(type)).sum(3);
    at::Tensor gradient = sinks.gradient.narrow(0, firstHead, whole.lse.size(2));
    gradient.sub_((weights * products).sum(at::IntArrayRef{0, 1}).to(gradient.scalar_type()));
}

}  // namespace ringscope
