#include "backend/config/file_presets.h"

#include "backend/config/choices.h"

#include <algorithm>

namespace ringscope {
namespace {

constexpr std::array development = {
    PresetValue{"profile.steps", "[1, 3]"},
    PresetValue{"launch.stall", "20"},
};
constexpr std::array largeScale = {
    PresetValue{"checkpoint.every", "100"}, PresetValue{"checkpoint.at_end", "true"},
    PresetValue{"launch.retries", "3"},  // so far production
    PresetValue{"memory.zero", "3"},        PresetValue{"memory.recompute", "attention_kept"},
    PresetValue{"memory.tile_mlp", "4096"},
};
constexpr std::span production = std::span(largeScale).first(3);

constexpr std::array presets = {
    FilePreset{"development", "two steps are recorded, and a run whose rank stands still ends soon",
               development},
    FilePreset{
        "production",
        "checkpoints on the way and at the end; a run whose rank ended goes on from the last",
        production},
    FilePreset{"large_scale",
               "production, and ranks divide the model's state, keep what attention made alone and "
               "tile feed-forwards",
               largeScale},
};

}  // namespace

std::span<const FilePreset> filePresets() { return presets; }

const FilePreset* findFilePreset(std::string_view name) {
    const auto found = std::ranges::find(presets, name, &FilePreset::name);
    return found == presets.end() ? nullptr : &*found;
}

std::vector<std::string> presetWords() {
    std::vector<std::string> words = choiceNames<MemoryPreset>();
    for (const FilePreset& preset : presets) words.emplace_back(preset.name);
    return words;
}

}  // namespace ringscope
