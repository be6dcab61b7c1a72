// What a layer does to its scores besides comparing queries with keys, and what decides which
// attention weights are dropped.
#pragma once

#include "backend/core/mix.h"
#include "backend/plan/mask.h"

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

// How fast head `head` of `heads` forgets: 2^(-8 (head + 1) / heads), and for a number of heads
// that is no power of two, the next lower power's, then every other one of the next higher.
double alibiSlope(std::int64_t head, std::int64_t heads);

std::uint64_t dropoutSeedOfLayer(std::uint64_t seed, int layer);

// Dropout without a state: the bits of one attention weight follow from the layer's seed, the batch
// row, the head and the two tokens alone. So every mode drops the same weights, and the backward
// pass drops them again.
struct DropoutRow {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
};

inline DropoutRow dropoutRow(std::uint64_t seed, std::int64_t batch, std::int64_t head,
                             std::int64_t query) {
    std::uint64_t word = seed;
    for (const std::int64_t part : {batch, head, query})
        word = mixBits(word + static_cast<std::uint64_t>(part) + 0x9e3779b97f4a7c15U);
    return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
}

constexpr std::uint32_t dropoutBits(const DropoutRow& row, std::uint32_t key) {
    std::uint32_t bits = key * 0x9e3779b1U ^ row.low;
    bits ^= bits >> 16;
    bits *= 0x7feb352dU;
    bits ^= row.high;
    bits ^= bits >> 15;
    bits *= 0x846ca68bU;
    return bits ^ (bits >> 16);
}

// A weight is dropped where its bits are below this.
std::uint32_t dropoutThreshold(double dropout);

}  // namespace ringscope
