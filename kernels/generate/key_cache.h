// The keys and values of a text's tokens that one rank keeps for the tokens to come.
//
// Memory is allocated once, a block for each layer: keys and values of all heads, or with latent
// attention the latents that they are made of. A layer whose queries see a window has slots for the
// window alone.
#pragma once

#include "backend/plan/mask.h"
#include "kernels/generate/slot_ring.h"
#include "kernels/model/transformer.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ringscope {

struct CacheShape {
    std::int64_t rows = 1;     // texts
    std::int64_t heads = 1;    // of keys
    std::int64_t columns = 1;  // of a head; of a latent
    bool latent = false;
    std::int64_t tokens = 0;             // of the text that this rank keeps, at most
    std::vector<AttentionMask> masks{};  // of each kind of attention layer
    std::vector<int> kindOfLayer{};      // of every layer
};

class KeyCache {
public:
    KeyCache(const CacheShape& shape, const at::TensorOptions& options);

    // The next tokens, in ascending order; then each layer's keys of them. Keys of one row are
    // those of all rows.
    void begin(const std::vector<std::int64_t>& tokens);
    void add(int layer, const LayerKeys& keys);

    // Where what the query at `position` sees lies; see SlotRing::held().
    std::vector<SlotRun> seen(int layer, std::int64_t position, bool numbersMatter) const;

    // Views of the slots: keys and values (rows, n, heads, columns); latents (rows, n, columns).
    LayerKeys in(int layer, TokenSpan slots) const;

    // All slots of all rows behind each other, row r's from r * slotsOfRow(layer) on, as
    // rowAttention() takes them: keys and values (slots, heads, columns). Latents are both.
    LayerKeys flat(int layer) const;
    std::int64_t slotsOfRow(int layer) const { return ringOf(layer).slots(); }

    std::int64_t bytes() const;

private:
    struct Layer {
        at::Tensor k{};  // (rows, slots, heads, columns); latents (rows, slots, columns)
        at::Tensor v{};
    };
    const SlotRing& ringOf(int layer) const;

    CacheShape shape_;
    std::vector<SlotRing> rings_{};                // of each kind
    std::vector<std::vector<SlotCopy>> copies_{};  // of the tokens that came last
    std::vector<Layer> layers_{};
};

}  // namespace ringscope
