// The config.json of a model's folder as our own description of the model.
//
// A key that changes what the model computes and is not understood is refused by its name; one
// that does not is ignored, and listed.
#pragma once

#include "backend/core/result.h"
#include "backend/model/family_table.h"
#include "backend/model/model_config.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

inline constexpr std::string_view modelConfigName = "config.json";

struct ModelReading {
    const Family* family = nullptr;
    // The fields of `model` that no checkpoint tells, preset and from, are as they are by default.
    ModelDescription description{};
    std::vector<std::string> ignored{};  // keys, in the order of the file
    std::string text{};                  // of config.json
};

// `file` is what sentences call it.
Result<ModelReading> readModelConfig(std::string text, const std::string& file);

// Reads config.json alone, of an adapter's folder that of its model. Tensors are looked at by
// Checkpoint::open().
Result<ModelReading> readModelFile(const std::filesystem::path& folder);
Result<ModelDescription> readModelFolder(const std::filesystem::path& folder);

}  // namespace ringscope
