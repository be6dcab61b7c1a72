#include "backend/config/data_source.h"

#include "backend/core/text.h"

#include <algorithm>

namespace ringscope {

std::vector<std::string> sourceNames(std::string_view source) {
    const std::string_view whole = trim(source);
    if (!whole.starts_with('[') || !whole.ends_with(']')) return {std::string(source)};
    std::vector<std::string> names;
    for (const std::string& name : split(whole.substr(1, whole.size() - 2), ','))
        names.emplace_back(trim(name));
    const bool complete =
        std::ranges::none_of(names, [](const std::string& name) { return name.empty(); });
    return complete ? names : std::vector<std::string>{};
}

bool isBuiltinSource(std::string_view name) { return name.starts_with("builtin:"); }

bool isJsonLines(std::string_view name) {
    const std::string lower = toLower(name);
    return lower.ends_with(".jsonl") || lower.ends_with(".ndjson");
}

bool isSourcePattern(std::string_view name) {
    return !isBuiltinSource(name) && name.find_first_of("*?[") != std::string_view::npos;
}

bool isOneText(std::string_view source) {
    const std::vector<std::string> names = sourceNames(source);
    return names.size() == 1 && names.front() != builtinRecall && !isSourcePattern(names.front()) &&
           !isJsonLines(names.front());
}

bool keepsDocumentsApart(const RunConfig& config) {
    return config.data.packing || config.train.task == TrainTask::Sft;
}

DataOrder orderOf(const RunConfig& config) {
    if (config.data.order != DataOrder::Auto) return config.data.order;
    const bool samples = config.train.task == TrainTask::Lm && isOneText(config.data.source);
    return samples ? DataOrder::Samples : DataOrder::Shuffled;
}

}  // namespace ringscope
