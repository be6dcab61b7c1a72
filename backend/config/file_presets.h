// `preset:` at the top of an experiment file, beside the presets of memory (memory_preset.h): what
// fields that nobody wrote start from.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct PresetValue {
    std::string_view path;   // of a field
    std::string_view value;  // as a user writes it
};

struct FilePreset {
    std::string_view name;  // "production"
    std::string_view help;  // one sentence
    std::span<const PresetValue> values;
};

std::span<const FilePreset> filePresets();
const FilePreset* findFilePreset(std::string_view name);

// Every word that may stand behind `preset:`.
std::vector<std::string> presetWords();

}  // namespace ringscope
