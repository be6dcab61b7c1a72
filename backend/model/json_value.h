// JSON as a tree whose nodes know where they were written; for small files such as config.json.
#pragma once

#include "backend/core/result.h"
#include "backend/model/json_cursor.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct JsonValue {
    JsonKind kind = JsonKind::Null;
    bool truth = false;               // of a Bool
    std::string text{};               // of a Text; of a Number as it is written
    std::vector<std::string> keys{};  // of an Object: keys[i] belongs to items[i]
    std::vector<JsonValue> items{};   // of an Object and of a List
    std::size_t at = 0;               // its first byte

    // Nothing where this is no object, or one without the key.
    const JsonValue* find(std::string_view key) const;
};

// Fails as JsonCursor does; a sentence begins with line and column.
Result<JsonValue> readJsonValue(std::string_view text);

// `text` in quotes, as the writers of other programs escape it: what need not be is not.
std::string jsonText(std::string_view text);

}  // namespace ringscope
