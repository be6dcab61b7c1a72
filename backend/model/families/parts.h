// What readers of several families share. A problem is left in the source of the keys.
#pragma once

#include "backend/model/config_keys.h"
#include "backend/model/layer_kinds.h"
#include "backend/model/model_config.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace ringscope {

// Vocabulary, width, layers, heads, feed-forward width and the norms' epsilon, as most families
// spell them; whether the head is tied.
struct UsualSizes {
    double normEps = 1e-6;
    bool tiedHead = false;
};
void readUsualSizes(ConfigKeys& keys, const UsualSizes& usual, ModelConfig& model);

// num_key_value_heads and head_dim; the heads must be there.
void readHeads(ConfigKeys& keys, ModelConfig& model);

// hidden_act of a feed-forward with a gate.
void readGatedActivation(ConfigKeys& keys, ModelConfig& model);
// `key` of one without: exact gelu or its tanh form.
void readPlainActivation(ConfigKeys& keys, std::string_view key, std::string_view usual,
                         ModelConfig& model);

// sliding_window, layer_types. `has` says which layers have a window where layer_types does not;
// `used` is false where another key switches windows off.
void readWindows(ConfigKeys& keys, bool used, const std::function<bool(std::int64_t)>& has,
                 std::vector<LayerKind>& kinds, ModelDescription& description);

// The same where every other layer has a window, the first among them; and writes the layers.
void readWindowsInTurns(ConfigKeys& keys, ModelDescription& description);

// A layer for each of the model's.
std::vector<LayerKind> plainKinds(const ModelConfig& model);

// Writes them as model.layer_pattern.
void setKinds(const std::vector<LayerKind>& kinds, ModelDescription& description);

}  // namespace ringscope
