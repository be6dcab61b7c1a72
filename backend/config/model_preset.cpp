#include "backend/config/model_preset.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace ringscope {
namespace {

ModelConfig nano() {
    return {
        .preset = "nano", .layers = 2, .hiddenSize = 64, .heads = 4, .kvHeads = 2, .ffnSize = 172};
}

ModelConfig small() {
    return {.preset = "small",
            .layers = 8,
            .hiddenSize = 512,
            .heads = 8,
            .kvHeads = 4,
            .ffnSize = 1376};
}

// Whether the value stands for nothing more than the lack of a written one.
bool isUnwritten(const std::map<std::string, std::string>& origins, std::string_view path) {
    const auto origin = origins.find(std::string(path));
    if (origin == origins.end() || origin->second == "default") return true;
    return std::ranges::any_of(modelPresets(), [&](const ModelPreset& preset) {
        return origin->second == presetOrigin(preset);
    });
}

}  // namespace

std::span<const ModelPreset> modelPresets() {
    static const std::array presets = {
        ModelPreset{"nano", "2 layers, hidden 64: a step takes milliseconds, for tests", nano()},
        ModelPreset{"tiny", "4 layers, hidden 256: the default, for a first look", ModelConfig{}},
        ModelPreset{"small", "8 layers, hidden 512: long enough steps to compare modes", small()},
    };
    return presets;
}

const ModelPreset* findPreset(std::string_view name) {
    const auto found = std::ranges::find(modelPresets(), name, &ModelPreset::name);
    return found == modelPresets().end() ? nullptr : &*found;
}

void applyPreset(const ModelPreset& preset, const std::map<std::string, std::string>& origins,
                 RunConfig& config) {
    const RunConfig before = config;
    config.model = preset.model;
    for (const Field& field : fieldTable()) {
        if (!field.path.starts_with("model.") || field.path == "model.preset") continue;
        if (isUnwritten(origins, field.path)) continue;
        [[maybe_unused]] const Result<void> kept = field.set(config, field.get(before));
        assert(kept.ok());
    }
}

std::string presetOrigin(const ModelPreset& preset) { return "preset " + std::string(preset.name); }

}  // namespace ringscope
