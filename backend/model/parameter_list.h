// The parameters of a model, by name: what training, planning and checkpoints agree on.
//
// A name is made of the part and of what it holds: "layers.0.attention.qkv.weight". Weights are
// (out, in). Parts that lie in one weight:
//
//   qkv       query heads, key heads, value heads
//   gate_up   gate rows, then up rows (feed-forwards without a gate have `up` instead)
//   experts   (expert, out, in); their biases (expert, out, 1)
//   gate      for each query head, of compressed, selected and near keys
#pragma once

#include "backend/core/result.h"
#include "backend/model/layer_kinds.h"
#include "backend/model/model_config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

struct ParameterSpec {
    std::string name;
    std::vector<std::int64_t> shape;
    double deviation = 0;     // standard deviation of the initial values; 0: all are `initial`
    double initial = 1;       // of a norm's gain 1, of a bias 0
    std::int64_t offset = 0;  // of its first scalar among all parameters
    bool trained = true;      // gradients reach it

    std::int64_t elements() const;
    bool operator==(const ParameterSpec&) const = default;
};

// All parameters in order, without gaps. `kinds` has one for each layer.
std::vector<ParameterSpec> parameterList(const ModelConfig& model,
                                         const std::vector<LayerKind>& kinds);

// Of what stands before the layers: rows that tokens and positions look up.
bool isOfEmbedding(const ParameterSpec& parameter);

// Of what makes compressed keys and values of blocks (model.attention nsa).
bool isOfCompression(const ParameterSpec& parameter);

// Whether rows are multiplied with it, or with one of it for each expert.
bool isMatrix(const ParameterSpec& parameter);

// Scalars of the model.
std::int64_t parameterCount(const ModelConfig& model, const std::vector<LayerKind>& kinds);
// The same, with the kinds of model.layerPattern; whether layers have windows does not matter.
// Nothing where the pattern cannot be read.
std::optional<std::int64_t> parameterCount(const ModelConfig& model);

// Scalars that one token is multiplied with: without the embedding's rows, norms, biases, the
// experts it does not use and what compresses blocks of keys.
std::int64_t multipliedParameters(const ModelConfig& model, const std::vector<LayerKind>& kinds);

}  // namespace ringscope
