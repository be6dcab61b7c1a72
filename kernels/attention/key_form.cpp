#include "kernels/attention/key_form.h"

#include "kernels/device/number_format.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>
#include <torch/csrc/autograd/autograd.h>

#include <utility>

namespace ringscope {
namespace {

// (1, B, r, 1, C) as (B, r, C), contiguous.
at::Tensor latentRows(const at::Tensor& travelling) {
    return travelling[0].squeeze(2).contiguous();
}

}  // namespace

at::Tensor travellingKeys(const RankPart& part, const QueryKeyValue& input) {
    return part.expand == nullptr ? at::stack({input.k, input.v}) : input.k.unsqueeze(0);
}

std::int64_t keyHeads(const RankPart& part, const QueryKeyValue& input) {
    return part.expand == nullptr ? input.k.size(2) : part.keyHeads;
}

std::array<at::Tensor, 2> keysOf(const RankPart& part, const at::Tensor& rows,
                                 const HeadSpan& heads) {
    if (part.expand == nullptr) return {rows[0], rows[1]};
    const at::NoGradGuard withoutGraph;
    auto [keys, values] = (*part.expand)(latentRows(rows), heads);
    return {std::move(keys), std::move(values)};
}

at::Tensor travellingGradient(const RankPart& part, const at::Tensor& rows, const HeadSpan& heads,
                              const at::Tensor& keyGradients) {
    if (part.expand == nullptr) return keyGradients;
    const at::AutoGradMode withGraph(true);
    const at::Tensor latents = latentRows(rows).detach().requires_grad_();
    const auto [keys, values] = (*part.expand)(latents, heads);
    const at::ScalarType type = keys.scalar_type();
    torch::autograd::backward({keys, values}, {keyGradients[0].to(type), keyGradients[1].to(type)});
    return latents.grad().to(sumType(latents)).unsqueeze(2).unsqueeze(0);
}

AttentionGradients ofInput(const RankPart& part, at::Tensor dq, const at::Tensor& travelling,
                           at::ScalarType type) {
    const at::Tensor home = travelling.to(type);
    if (part.expand != nullptr) return {std::move(dq), home[0].squeeze(2), at::Tensor()};
    return {std::move(dq), home[0], home[1]};
}

}  // namespace ringscope
