#include "kernels/train/expert_balance.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/sign.h>
#include <ATen/ops/stack.h>

namespace ringscope {

at::Tensor balanceLoss(const RouterUse& routers, std::int64_t tokens, Group& group) {
    at::Tensor choices = at::stack(routers.perExpert).sum(0).to(at::kDouble);
    // Scores need not be shared: the loss is linear in them, so each rank adds its own.
    if (group.size() > 1) group.allReduceSum(choices);
    const auto rows = static_cast<double>(tokens * std::ssize(routers.perExpert));
    const auto experts = static_cast<double>(choices.numel());
    return (choices / rows * (routers.scores.to(at::kDouble) / rows)).sum() * experts;
}

at::Tensor biasChanges(const at::Tensor& expertUse) {
    return at::sign(expertUse.mean(1, true) - expertUse);
}

std::vector<std::vector<std::int64_t>> countsOf(const at::Tensor& expertUse) {
    const at::Tensor counts = expertUse.to(at::kCPU, at::kLong).contiguous();
    const std::int64_t* first = counts.const_data_ptr<std::int64_t>();
    std::vector<std::vector<std::int64_t>> layers;
    for (std::int64_t layer = 0; layer < counts.size(0); ++layer, first += counts.size(1))
        layers.emplace_back(first, first + counts.size(1));
    return layers;
}

}  // namespace ringscope
