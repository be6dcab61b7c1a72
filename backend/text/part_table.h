// The types that a part of a tokenizer.json may have, and the functions that read them.
#pragma once

#include "backend/core/text.h"
#include "backend/text/json_part.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

template <typename Part>
struct PartKind {
    std::string_view type;  // "BertNormalizer"
    Result<std::unique_ptr<const Part>> (*read)(JsonPart& part);
};

// Reads the part by the row of its "type", and refuses what the row did not ask for.
template <typename Part>
Result<std::unique_ptr<const Part>> readPart(const nlohmann::json& json, const std::string& path,
                                             std::span<const PartKind<Part>> kinds) {
    JsonPart part(json, path);
    std::vector<std::string_view> types;
    for (const PartKind<Part>& kind : kinds) types.push_back(kind.type);
    const std::size_t index = part.choice("type", types);
    // Without a type that is known, the other keys cannot be judged.
    if (const Result<void> typed = part.done();
        !typed.ok() && (!json.is_object() || !json.contains("type") || !json["type"].is_string() ||
                        json["type"].get_ref<const std::string&>() != types[index]))
        return typed.error();
    RINGSCOPE_TRY(std::unique_ptr<const Part> made, kinds[index].read(part));
    RINGSCOPE_CHECK(part.done());
    return made;
}

// The parts of the list `key`, each read by `read`.
template <typename Part>
Result<std::vector<std::unique_ptr<const Part>>> readParts(
    JsonPart& part, std::string_view key,
    Result<std::unique_ptr<const Part>> (*read)(const nlohmann::json&, const std::string&)) {
    std::vector<std::unique_ptr<const Part>> parts;
    std::size_t index = 0;
    for (const nlohmann::json& item : part.list(key)) {
        const std::string path = part.pathOf(key) + "[" + std::to_string(index++) + "]";
        RINGSCOPE_TRY(std::unique_ptr<const Part> made, read(item, path));
        parts.push_back(std::move(made));
    }
    return parts;
}

}  // namespace ringscope
