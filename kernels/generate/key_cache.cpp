#include "kernels/generate/key_cache.h"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace ringscope {
namespace {

// Tokens whose keys a layer must hold: a query sees its own key and `left` before it.
std::int64_t slotsOf(const AttentionMask& mask, std::int64_t tokens) {
    const std::int64_t seen = mask.left ? std::min(tokens, *mask.left + 1) : tokens;
    return std::max<std::int64_t>(1, seen);
}

}  // namespace

KeyCache::KeyCache(const CacheShape& shape, const at::TensorOptions& options) : shape_(shape) {
    for (const AttentionMask& mask : shape.masks) rings_.emplace_back(slotsOf(mask, shape.tokens));
    copies_.resize(rings_.size());
    for (std::size_t layer = 0; layer < shape.kindOfLayer.size(); ++layer) {
        const std::int64_t slots = ringOf(static_cast<int>(layer)).slots();
        if (shape.latent) {
            layers_.push_back({at::empty({shape.rows, slots, shape.columns}, options), {}});
            continue;
        }
        const std::vector<std::int64_t> sizes{shape.rows, slots, shape.heads, shape.columns};
        layers_.push_back({at::empty(sizes, options), at::empty(sizes, options)});
    }
}

const SlotRing& KeyCache::ringOf(int layer) const {
    return rings_[static_cast<std::size_t>(shape_.kindOfLayer[static_cast<std::size_t>(layer)])];
}

void KeyCache::begin(const std::vector<std::int64_t>& tokens) {
    for (std::size_t kind = 0; kind < rings_.size(); ++kind)
        copies_[kind] = rings_[kind].put(tokens);
}

void KeyCache::add(int layer, const LayerKeys& keys) {
    const auto kind = static_cast<std::size_t>(shape_.kindOfLayer[static_cast<std::size_t>(layer)]);
    for (const SlotCopy& copy : copies_[kind]) {
        const LayerKeys to = in(layer, {copy.slot, copy.slot + copy.count});
        const auto store = [&](const at::Tensor& into, const at::Tensor& from) {
            into.copy_(from.narrow(1, copy.first, copy.count).expand_as(into));
        };
        if (shape_.latent) {
            store(to.latent, keys.latent);
            continue;
        }
        store(to.k, keys.k);
        store(to.v, keys.v);
    }
}

std::vector<SlotRun> KeyCache::seen(int layer, std::int64_t position, bool numbersMatter) const {
    const auto kind = static_cast<std::size_t>(shape_.kindOfLayer[static_cast<std::size_t>(layer)]);
    return rings_[kind].held(visibleTokens(shape_.masks[kind], position), numbersMatter);
}

LayerKeys KeyCache::in(int layer, TokenSpan slots) const {
    const Layer& held = layers_[static_cast<std::size_t>(layer)];
    if (shape_.latent) return {.latent = held.k.narrow(1, slots.begin, slots.size())};
    const auto rows = [&](const at::Tensor& tensor) {
        return tensor.narrow(1, slots.begin, slots.size());
    };
    return {.k = rows(held.k), .v = rows(held.v)};
}

LayerKeys KeyCache::flat(int layer) const {
    const Layer& held = layers_[static_cast<std::size_t>(layer)];
    if (!shape_.latent) return {.k = held.k.flatten(0, 1), .v = held.v.flatten(0, 1)};
    const at::Tensor latents = held.k.flatten(0, 1).unsqueeze(1);
    return {.k = latents, .v = latents};
}

std::int64_t KeyCache::bytes() const {
    std::int64_t sum = 0;
    for (const Layer& layer : layers_)
        for (const at::Tensor& tensor : {layer.k, layer.v})
            if (tensor.defined()) sum += static_cast<std::int64_t>(tensor.nbytes());
    return sum;
}

}  // namespace ringscope
