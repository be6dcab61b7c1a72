#include "kernels/generate/choice_sums.h"

#include <ATen/ops/zeros.h>

namespace ringscope {

at::Tensor headKeysOf(const LayerKeys& keys, std::int64_t heads) {
    return keys.expand ? keys.expand(keys.latent, 0, heads).first : keys.k;
}

ChoiceSums::ChoiceSums(const std::vector<std::int64_t>& places, std::int64_t heads,
                       std::int64_t columns, const at::TensorOptions& like) {
    for (const std::int64_t count : places)
        sums_.push_back(at::zeros({count, heads, columns}, like.dtype(at::kDouble)));
}

void ChoiceSums::clear(const at::Tensor& places) {
    for (at::Tensor& sums : sums_) sums.index_fill_(0, places, 0);
}

void ChoiceSums::add(int layer, const at::Tensor& places, const at::Tensor& keys) {
    sums_[static_cast<std::size_t>(layer)].index_add_(0, places, keys.to(at::kDouble));
}

at::Tensor ChoiceSums::at(int layer, const at::Tensor& places) const {
    return of(layer).index_select(0, places);
}

std::int64_t ChoiceSums::bytes() const {
    std::int64_t sum = 0;
    for (const at::Tensor& sums : sums_) sum += static_cast<std::int64_t>(sums.nbytes());
    return sum;
}

}  // namespace ringscope
