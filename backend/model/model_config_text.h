// The config.json of a model that was not read from one: as a family that computes the same.
#pragma once

#include "backend/core/result.h"
#include "backend/model/model_config.h"
#include "backend/model/safetensors.h"

#include <cstdint>
#include <string>

namespace ringscope {

struct ConfigTextForm {
    TensorType type = TensorType::F32;  // of the weights
    std::int64_t longest = 2048;        // tokens of the longest sequence it was trained on
};

// Spelled so that transformers 4 and 5 read it. Fails with InvalidConfig where no family that is
// written computes such a model. Dropout is left out, as it is no part of a model.
Result<std::string> modelConfigText(const ModelDescription& description,
                                    const ConfigTextForm& form);

// A config.json that says `type` for its weights, where it says a type.
std::string withWeightType(std::string configText, TensorType type);

// The description without what changes nothing: sizes of parts that are not there, a layer pattern
// in other words, a scale that is the usual one.
ModelDescription plainDescription(ModelDescription description);

}  // namespace ringscope
