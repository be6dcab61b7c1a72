#include "backend/model/json_value.h"

#include <fmt/format.h>
#include <algorithm>

namespace ringscope {
namespace {

Result<JsonValue> readValue(JsonCursor& json) {
    RINGSCOPE_TRY(const JsonKind kind, json.kind());
    JsonValue value{.kind = kind, .at = json.at()};
    if (kind == JsonKind::Object) {
        RINGSCOPE_CHECK(json.object([&](const std::string& key) -> Result<void> {
            RINGSCOPE_TRY(JsonValue item, readValue(json));
            value.keys.push_back(key);
            value.items.push_back(std::move(item));
            return {};
        }));
    } else if (kind == JsonKind::List) {
        RINGSCOPE_CHECK(json.list([&]() -> Result<void> {
            RINGSCOPE_TRY(JsonValue item, readValue(json));
            value.items.push_back(std::move(item));
            return {};
        }));
    } else if (kind == JsonKind::Text) {
        RINGSCOPE_TRY(value.text, json.text());
    } else if (kind == JsonKind::Number) {
        RINGSCOPE_TRY(value.text, json.number());
    } else if (kind == JsonKind::Bool) {
        RINGSCOPE_TRY(value.truth, json.boolean());
    } else {
        RINGSCOPE_CHECK(json.null());
    }
    return value;
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
    const auto found = std::ranges::find(keys, key);
    return found == keys.end() ? nullptr : &items[static_cast<std::size_t>(found - keys.begin())];
}

Result<JsonValue> readJsonValue(std::string_view text) {
    JsonCursor json(text, JsonPlaces::Lines);
    RINGSCOPE_TRY(JsonValue value, readValue(json));
    RINGSCOPE_CHECK(json.end());
    return value;
}

std::string jsonText(std::string_view text) {
    static constexpr std::string_view letters = "\"\"\\\\\bb\ff\nn\rr\tt";
    std::string quoted = "\"";
    for (const char c : text) {
        std::size_t pair = 0;
        while (pair < letters.size() && letters[pair] != c) pair += 2;
        if (pair < letters.size())
            quoted += std::string("\\") + letters[pair + 1];
        else if (static_cast<unsigned char>(c) < 0x20)
            quoted += fmt::format("\\u{:04x}", static_cast<int>(c));
        else
            quoted += c;
    }
    return quoted + '"';
}

}  // namespace ringscope
