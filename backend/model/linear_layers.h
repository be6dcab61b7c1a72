// The linear layers inside a model's layers, by the names that its checkpoints give them: what an
// adapter may stand beside.
//
//     model.layers.0.self_attn.k_proj    rows 8–11 of layers.0.attention.qkv.weight
//
// Routers and the matrices of experts are none of them.
#pragma once

#include "backend/core/result.h"
#include "backend/model/model_config.h"
#include "backend/model/weight_places.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct LinearLayer {
    std::string module;         // "model.layers.0.self_attn.k_proj"
    std::string parameter;      // "layers.0.attention.qkv.weight"
    std::int64_t firstRow = 0;  // of the parameter
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    bool transposed = false;  // the checkpoint's tensor is (in, out)
    // Where its rows lie in the checkpoint's tensor; they cover it.
    std::vector<WeightPiece> pieces{};

    std::string_view kind() const;  // "k_proj"
};

// In the order of the parameters. Names are those of the family in model.from, whose config.json is
// read, else of one that computes the same. Fails where there is none.
Result<std::vector<LinearLayer>> linearLayers(const ModelConfig& model,
                                              const AttentionConfig& attention);

// Those that `targets` name: by kind, or by the end of the module's name ("self_attn.dense"); all
// where there are none. Fails where a target names no layer.
Result<std::vector<LinearLayer>> chosenLayers(std::vector<LinearLayer> layers,
                                              const std::vector<std::string>& targets);

// Each kind once, in order.
std::vector<std::string> kindsOf(const std::vector<LinearLayer>& layers);

}  // namespace ringscope
