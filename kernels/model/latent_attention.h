// Queries, keys and values of multi-head latent attention, expanded to full heads.
#pragma once

#include "backend/model/model_config.h"
#include "kernels/model/functions.h"

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

// q, k and v have plainSize + rotarySize columns a head: those that turn come last, and what a
// value lacks is 0.
Heads projectLatentHeads(const at::Tensor& x, const LatentParts& parts, const RotaryTable& rotary,
                         std::int64_t heads, const LatentConfig& sizes);

}  // namespace ringscope
