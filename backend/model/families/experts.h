// What readers of families with experts share.
#pragma once

#include "backend/model/config_keys.h"
#include "backend/model/layer_kinds.h"
#include "backend/model/model_config.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace ringscope {

struct ExpertKeys {
    std::string_view countKey;
    std::string_view sizeKey;
};

// How many experts there are, how many a token uses, and their width.
void readExperts(ConfigKeys& keys, const ExpertKeys& names, ModelConfig& model);

// decoder_sparse_step and mlp_only_layers: which layers have experts.
void readSparseLayers(ConfigKeys& keys, std::vector<LayerKind>& kinds);

}  // namespace ringscope
