#include "resources/library/ringscope_attention.h"

#include "kernels/device/number_format.h"
#include "kernels/library/layer.h"

#include <ATen/ops/from_blob.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <optional>
#include <utility>

using ringscope::AttentionCase;
using ringscope::Error;
using ringscope::ErrorCode;
using ringscope::Result;
using ringscope::library::Layer;
using ringscope::library::LayerSpec;

struct ringscope_layer {
    std::unique_ptr<Layer> layer;
    AttentionCase problem;
    std::optional<ringscope::SavedAttention> saved;

    at::Tensor over(const void* data, std::int64_t heads) const {
        const auto held = static_cast<std::int64_t>(layer->tokens().size());
        // What is only read is not const in libtorch.
        return at::from_blob(const_cast<void*>(data), {problem.batch, held, heads, problem.headDim},
                             at::TensorOptions(ringscope::scalarTypeOf(problem.type)));
    }
};

namespace {

int say(const std::string& sentence, char* why, std::size_t room) {
    if (why == nullptr || room == 0) return 1;
    const std::size_t length = std::min(sentence.size(), room - 1);
    std::memcpy(why, sentence.data(), length);
    why[length] = '\0';
    return 1;
}

// What `body` throws or fails with becomes a sentence.
template <typename Body>
int answered(char* why, std::size_t room, Body&& body) {
    try {
        const Result<void> done = body();
        return done.ok() ? 0 : say(done.error().message, why, room);
    } catch (const std::exception& error) {
        return say(error.what(), why, room);
    }
}

Result<AttentionCase> caseOf(const ringscope_layer_spec& spec) {
    AttentionCase problem{.batch = spec.batch,
                          .tokens = spec.tokens,
                          .heads = spec.heads,
                          .kvHeads = spec.kv_heads,
                          .headDim = spec.head_size,
                          .causal = spec.causal != 0};
    if (spec.scale != 0) problem.scale = spec.scale;
    if (spec.window_left >= 0 || spec.window_right >= 0)
        problem.window = ringscope::AttentionWindow{spec.window_left, spec.window_right};
    RINGSCOPE_CHECK(ringscope::readType(spec.type != nullptr ? spec.type : "", problem));
    for (const char* const* each = spec.pattern; each != nullptr && *each != nullptr; ++each)
        RINGSCOPE_CHECK(ringscope::readPatternSetting(*each, problem));
    return problem;
}

Result<std::unique_ptr<ringscope_layer>> opened(const ringscope_layer_spec& spec) {
    auto layer = std::make_unique<ringscope_layer>();
    RINGSCOPE_TRY(layer->problem, caseOf(spec));
    const LayerSpec wanted{.problem = layer->problem,
                           .mode = spec.mode != nullptr ? spec.mode : ""};
    RINGSCOPE_TRY(auto ranks, spec.group != nullptr ? ringscope::library::ranksOfGroup(spec.group)
                                                    : ringscope::library::singleRank());
    RINGSCOPE_TRY(layer->layer, Layer::make(wanted, std::move(ranks)));
    return layer;
}

}  // namespace

const char* ringscope_torch_version(void) { return TORCH_VERSION; }

int ringscope_layer_open(const ringscope_layer_spec* spec, ringscope_layer** layer, char* why,
                         size_t room) {
    return answered(why, room, [&]() -> Result<void> {
        RINGSCOPE_TRY(std::unique_ptr<ringscope_layer> made, opened(*spec));
        *layer = made.release();
        return {};
    });
}

void ringscope_layer_close(ringscope_layer* layer) { delete layer; }

int64_t ringscope_layer_tokens(const ringscope_layer* layer) {
    return static_cast<std::int64_t>(layer->layer->tokens().size());
}

void ringscope_layer_held(const ringscope_layer* layer, int64_t* tokens) {
    std::ranges::copy(layer->layer->tokens(), tokens);
}

int ringscope_layer_forward(ringscope_layer* layer, const void* q, const void* k, const void* v,
                            void* out, char* why, size_t room) {
    return answered(why, room, [&]() -> Result<void> {
        const AttentionCase& problem = layer->problem;
        ringscope::AttentionOutput output = layer->layer->attention().forward(
            {}, layer->over(q, problem.heads), layer->over(k, problem.kvHeads),
            layer->over(v, problem.kvHeads));
        layer->over(out, problem.heads).copy_(output.out);
        layer->saved = std::move(output.saved);
        return {};
    });
}

int ringscope_layer_backward(ringscope_layer* layer, const void* d_out, void* dq, void* dk,
                             void* dv, char* why, size_t room) {
    return answered(why, room, [&]() -> Result<void> {
        if (!layer->saved)
            return Error{ErrorCode::InvalidConfig,
                         "a backward pass follows a forward pass; call "
                         "ringscope_layer_forward first"};
        const AttentionCase& problem = layer->problem;
        const ringscope::AttentionGradients gradients =
            layer->layer->attention().backward(*layer->saved, layer->over(d_out, problem.heads));
        layer->over(dq, problem.heads).copy_(gradients.q);
        layer->over(dk, problem.kvHeads).copy_(gradients.k);
        layer->over(dv, problem.kvHeads).copy_(gradients.v);
        return {};
    });
}
