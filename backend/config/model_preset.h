// Laying a preset's sizes, or what a checkpoint says, under the fields that nobody set.
#pragma once

#include "backend/config/field_table.h"

#include <map>
#include <string>
#include <string_view>

namespace ringscope {

const ModelPreset* findPreset(std::string_view name);

// The field that names a preset.
inline constexpr std::string_view presetPath = "model.preset";

// Gives every field of `model` the preset's value, except those whose origin says that they were
// written somewhere (see Experiment::origins).
void applyPreset(const ModelPreset& preset, const std::map<std::string, std::string>& origins,
                 RunConfig& config);

// "preset small": the origin of a value that a preset gave.
std::string presetOrigin(const ModelPreset& preset);

// The field that names a checkpoint's folder.
inline constexpr std::string_view checkpointPath = "model.from";

// Whether a checkpoint says what this field is: those of `model`, of `attention` what is a property
// of the model, and data.tokenizer where the folder holds one.
bool comesWithCheckpoint(std::string_view path);

// As applyPreset, for what a checkpoint says.
void applyCheckpoint(const ModelDescription& description,
                     const std::map<std::string, std::string>& origins, RunConfig& config);

// "checkpoint models/Qwen3-8B": the origin of a value that a checkpoint gave.
std::string checkpointOrigin(std::string_view folder);

}  // namespace ringscope
