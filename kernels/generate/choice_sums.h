// Sums of cached keys over blocks of tokens, of which later tokens choose blocks by content
// (attention.pattern.top_k). They are kept up to date as keys come, so that a new token reads the
// keys of the blocks it chose, and of the others a sum.
//
// A sum has a place; whose block it is, the caller knows.
#pragma once

#include "kernels/model/transformer.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ringscope {

// Keys of all heads, (B, n, heads, columns); latents become them.
at::Tensor headKeysOf(const LayerKeys& keys, std::int64_t heads);

class ChoiceSums {
public:
    // places[i]: sums of layer i. `like`: for the device. All begin with 0.
    ChoiceSums(const std::vector<std::int64_t>& places, std::int64_t heads, std::int64_t columns,
               const at::TensorOptions& like);

    // `places` are int64 on the sums' device, here and below.
    void clear(const at::Tensor& places);

    // keys[i], (n, heads, columns), counts in the sum at places[i].
    void add(int layer, const at::Tensor& places, const at::Tensor& keys);

    // (n, heads, columns), fp64.
    at::Tensor at(int layer, const at::Tensor& places) const;
    // All of them; a view.
    const at::Tensor& of(int layer) const { return sums_[static_cast<std::size_t>(layer)]; }

    std::int64_t bytes() const;

private:
    std::vector<at::Tensor> sums_{};  // of each layer, (places, heads, columns)
};

}  // namespace ringscope
