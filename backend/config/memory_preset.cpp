#include "backend/config/memory_preset.h"

#include "backend/config/field_table.h"
#include "backend/config/mode_names.h"
#include "backend/model/head_division.h"

#include <algorithm>
#include <cassert>

namespace ringscope {
namespace {

std::string_view modeOfAlst(const RunConfig& config) {
    const std::int64_t ranks = config.parallel.sp;
    const std::int64_t heads = config.model.heads;
    const std::int64_t kvHeads = config.model.kvHeads;
    if (headsDivide(heads, kvHeads, ranks)) return modenames::ulysses;
    // More ranks than key/value heads would send copies of these.
    for (std::int64_t group = 2; group < ranks && group <= kvHeads; ++group)
        if (ranks % group == 0 && headsDivide(heads, kvHeads, group)) return modenames::usp;
    return modenames::zigzag;
}

bool wasWritten(const std::map<std::string, std::string>& origins, const std::string& path,
                MemoryPreset preset) {
    const auto origin = origins.find(path);
    return origin != origins.end() && origin->second != "default" &&
           origin->second != memoryPresetOrigin(preset);
}

}  // namespace

Assignments memoryPresetValues(const RunConfig& config) {
    if (config.memory.preset == MemoryPreset::None) return {};
    return {{"parallel.mode", std::string(modeOfAlst(config))},
            {"memory.zero", "3"},
            {"memory.recompute", std::string(nameOf(Recompute::Layers))},
            {"memory.tile_mlp", std::to_string(usualTileMlp)},
            {"memory.offload_activations", std::string(nameOf(OffloadPlace::Disk))}};
}

void applyMemoryPreset(const std::map<std::string, std::string>& origins, const Assignments& values,
                       RunConfig& config) {
    for (const auto& [path, value] : memoryPresetValues(config)) {
        const bool named =
            std::ranges::find(values, path, &Assignments::value_type::first) != values.end();
        if (named || wasWritten(origins, path, config.memory.preset)) continue;
        [[maybe_unused]] const Result<void> set = findField(path)->set(config, value);
        assert(set.ok());
    }
}

std::string memoryPresetOrigin(MemoryPreset preset) {
    return "preset " + std::string(nameOf(preset));
}

}  // namespace ringscope
