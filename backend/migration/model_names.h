// Sizes of well-known models, found by the name a configuration gives them.
#pragma once

#include "backend/config/run_config.h"

#include <span>
#include <string_view>

namespace ringscope {

struct KnownModel {
    std::string_view name;   // "llama-3-8b": an option's id
    std::string_view match;  // words that all its names have, in this order: "llama 3 8b"
    ModelConfig model;       // `preset` is empty
    std::string_view note;   // where Ringscope's model differs; empty where it does not matter
};

std::span<const KnownModel> knownModels();

// By a hub name or a path: "meta-llama/Meta-Llama-3-8B-Instruct", "/models/qwen2.5-7b". Null if the
// name matches none.
const KnownModel* findModel(std::string_view nameOrPath);

}  // namespace ringscope
