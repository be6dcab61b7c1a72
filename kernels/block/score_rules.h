// What a layer does to its scores besides multiplying queries by keys.
#pragma once

#include "backend/plan/mask.h"
#include "kernels/device/weight_bits.h"

#include <cstdint>
#include <optional>

namespace ringscope {

// score = softcap * tanh(scale * q k / softcap) - slope * |distance|, then softmax, then dropout.
struct ScoreRules {
    std::optional<double> scale{};    // absent: 1 / sqrt(D)
    std::optional<double> softcap{};  // scores stay within it on both sides
    std::int64_t alibiHeads = 0;      // query heads of the model, for their slopes; 0: no ALiBi
    double dropout = 0;               // share of attention weights set to 0; the rest grow for it
    std::uint64_t dropoutSeed = 0;    // of this layer in this pass through the model
    std::int64_t firstHead = 0;       // of the model: query head 0 of the tensors at hand
    const AttentionMask* mask = nullptr;  // of blocks by position

    // Whether scores or weights depend on more than the block's mask.
    bool plain() const { return !softcap && alibiHeads == 0 && dropout == 0; }
};

std::uint64_t dropoutSeedOfLayer(std::uint64_t seed, int layer);

// A weight is dropped where its bits are below this.
std::uint32_t dropoutThreshold(double dropout);

}  // namespace ringscope
