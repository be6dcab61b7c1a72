// The linear layers inside a model's layers, by the names that its checkpoints give them: what an
// adapter may stand beside.
//
//     model.layers.0.self_attn.k_proj            rows 8–11 of layers.0.attention.qkv.weight
//     model.layers.0.mlp.experts.*.gate_proj     rows 0–15 of each matrix of
//                                                layers.0.ffn.experts.gate_up
//
// Those of a layer's experts that are alike are one, so that a model of 128 experts has no longer a
// list than one of 2. Routers are none of them.
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
    std::string module;         // "model.layers.0.self_attn.k_proj"; * is an expert's number
    std::string parameter;      // "layers.0.attention.qkv.weight"
    std::int64_t firstRow = 0;  // of the parameter; of experts, of the first one's matrix
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    bool transposed = false;  // the checkpoint's tensor is (in, out)
    // Where its rows lie in the checkpoint's tensor; they cover it.
    std::vector<WeightPiece> pieces{};
    std::int64_t experts = 0;    // that have one each; 0: it is no expert's
    std::int64_t rowsApart = 0;  // from an expert's rows to the next one's

    std::string_view kind() const;  // "k_proj"
    bool isOfExperts() const { return experts > 0; }
    std::int64_t matrices() const { return isOfExperts() ? experts : 1; }
};

// In the order of the parameters; without experts that lie in one tensor. Names are those of the
// family in model.from, whose config.json is read, else of one that computes the same. Fails where
// there is none.
Result<std::vector<LinearLayer>> linearLayers(const ModelConfig& model,
                                              const AttentionConfig& attention);

// Those that `targets` name: by kind, or by the end of the module's name ("self_attn.dense"); all
// where there are none. Fails where a target names no layer.
Result<std::vector<LinearLayer>> chosenLayers(std::vector<LinearLayer> layers,
                                              const std::vector<std::string>& targets);

// It alone; of experts, each expert's, in their order, with rows of the parameter seen as a matrix.
std::vector<LinearLayer> eachOf(const LinearLayer& layer);

// Each kind once, in order.
std::vector<std::string> kindsOf(const std::vector<LinearLayer>& layers);

}  // namespace ringscope
