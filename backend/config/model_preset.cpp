#include "backend/config/model_preset.h"

#include "backend/model/adapter_folder.h"
#include "backend/model/model_files.h"

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
bool isUnwritten(const RunConfig& config, const std::map<std::string, std::string>& origins,
                 std::string_view path) {
    const auto origin = origins.find(std::string(path));
    if (origin == origins.end() || origin->second == "default") return true;
    const std::optional<std::string>& from = config.model.from;
    return (from && origin->second == checkpointOrigin(*from)) ||
           std::ranges::any_of(modelPresets(), [&](const ModelPreset& preset) {
               return origin->second == presetOrigin(preset);
           });
}

// Puts back into `config` what was written of `before`.
template <typename Concerned>
void keepWritten(const RunConfig& before, const std::map<std::string, std::string>& origins,
                 RunConfig& config, Concerned concerned) {
    for (const Field& field : fieldTable()) {
        if (!concerned(field.path) || isUnwritten(before, origins, field.path)) continue;
        [[maybe_unused]] const Result<void> kept = field.set(config, field.get(before));
        assert(kept.ok());
    }
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
    keepWritten(before, origins, config, [](std::string_view path) {
        return path.starts_with("model.") && path != presetPath;
    });
}

std::string presetOrigin(const ModelPreset& preset) { return "preset " + std::string(preset.name); }

bool comesWithCheckpoint(std::string_view path) {
    constexpr std::array<std::string_view, 4> outside = {"attention.window", "attention.scale",
                                                         "attention.softcap", "data.tokenizer"};
    if (path == presetPath || path == checkpointPath) return false;
    return path.starts_with("model.") || path.starts_with("attention.pattern.") ||
           std::ranges::find(outside, path) != outside.end();
}

void applyCheckpoint(const ModelDescription& description,
                     const std::map<std::string, std::string>& origins, RunConfig& config) {
    const RunConfig before = config;
    config.model = description.model;
    config.model.preset = before.model.preset;
    config.model.from = before.model.from;
    config.attention.window = description.attention.window;
    config.attention.scale = description.attention.scale;
    config.attention.softcap = description.attention.softcap;
    config.attention.pattern = description.attention.pattern;
    if (config.model.from) {
        const auto folder = modelFolderOf(*config.model.from);
        if (folder.ok() && tokenizerIn(*folder)) config.data.tokenizer = folder->string();
    }
    keepWritten(before, origins, config, comesWithCheckpoint);
}

std::string checkpointOrigin(std::string_view folder) {
    return "checkpoint " + std::string(folder);
}

}  // namespace ringscope
