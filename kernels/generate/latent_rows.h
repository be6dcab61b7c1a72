// Latents as a cache keeps them, normalised, and attention to them as they are:
//
//     q K = q (W_k c) = (W_k^T q) c        weights V = W_v (weights c)
//
// So a query becomes one against latents, for which all heads share a key, and the output becomes
// that of values behind the sum. The result is that of keys and values but for rounding; what they
// would cost is heads times as much, of every token kept.
#pragma once

#include "backend/model/model_config.h"
#include "kernels/model/latent_attention.h"
#include "kernels/model/parameters.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>

namespace ringscope {

class LatentRows {
public:
    // Of layer `layer`; the parameters must outlive it.
    LatentRows(const Parameters& parameters, int layer, const ModelConfig& model);

    // (B, n, C) as the model gives latents: normalised.
    at::Tensor kept(const at::Tensor& latent) const;

    // q (B, 1, heads, columns) -> (B, 1, heads, C), for scores against kept latents.
    at::Tensor queries(const at::Tensor& q) const;
    // (B, 1, heads, C), sums of kept latents -> (B, 1, heads, columns of a value).
    at::Tensor outputs(const at::Tensor& sums) const;

    // Keys and values of all heads from kept latents, for kernels that cannot take so wide a head.
    std::pair<at::Tensor, at::Tensor> heads(const at::Tensor& rows) const;

private:
    at::Tensor weights(std::int64_t first, std::int64_t columns) const;

    LatentParts parts_{};  // without the norm: kept latents have passed it
    Norm norm_{};
    LatentConfig sizes_;
    std::int64_t heads_;
};

}  // namespace ringscope
