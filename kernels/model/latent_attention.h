// Queries, keys and values of multi-head latent attention.
#pragma once

#include "backend/model/model_config.h"
#include "kernels/model/functions.h"

#include <cstdint>
#include <utility>

namespace ringscope {

struct LatentParts {
    Norm norm{};  // of x
    // Queries are projected at once by `queryUp`, or where queryDown is there, through a latent.
    Projection queryDown{};
    Norm queryNorm{};
    Projection queryUp{};
    Projection latent{};  // the latent of keys and values, then the rotary key of all heads
    Norm latentNorm{};
    Projection latentUp{};  // a head's plain key columns, then its value
};

// q has plainSize + rotarySize columns a head; those that turn come last. A token's keys and values
// are its latent and the rotary key of all heads, which has turned: (B, n, size + rotarySize).
struct LatentHeads {
    at::Tensor q;
    at::Tensor latent;
};
LatentHeads projectLatentHeads(const at::Tensor& x, const LatentParts& parts,
                               const RotaryTable& rotary, std::int64_t heads,
                               const LatentConfig& sizes);

// Keys and values of the heads [begin, end) from rows of `latent`, each with as many columns as a
// query's head: what a value lacks is 0. Differentiable.
std::pair<at::Tensor, at::Tensor> expandLatents(const at::Tensor& rows, const LatentParts& parts,
                                                const LatentConfig& sizes, std::int64_t begin,
                                                std::int64_t end);

}  // namespace ringscope
