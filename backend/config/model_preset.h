// Laying a preset's sizes under the model fields that nobody set.
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

}  // namespace ringscope
