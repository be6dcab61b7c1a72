// YAML text as a tree whose nodes know where they were written.
//
// Duplicate keys, merge keys, tags, several documents and keys that are no text are problems,
// although YAML allows them, and are left out of the tree. Aliases are replaced by their values.
// Any bytes may be given: reading takes bounded time and memory, and never throws.
#pragma once

#include "backend/config/source_text.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct YamlNode {
    enum class Kind { Null, Scalar, List, Map };

    Kind kind = Kind::Null;
    std::string text{};             // of a Scalar
    bool quoted = false;            // a Scalar in quotes is text, never a number
    TextPosition at;                // a Null map value's: its key's
    std::vector<YamlNode> keys{};   // of a Map: Scalars, keys[i] belongs to items[i]
    std::vector<YamlNode> items{};  // of a Map and of a List
};

struct YamlProblem {
    TextPosition at;
    std::string message;
};

struct YamlReading {
    YamlNode root;  // Null for an empty text
    std::vector<YamlProblem> problems;
    bool broken = false;  // a syntax error: the tree ends where it stands
};

YamlReading readYaml(std::string_view text);

// `text` as a plain scalar where YAML reads it back unchanged, otherwise in double quotes. `text`
// must be printable (see value_text.h).
std::string yamlScalar(std::string_view text);

}  // namespace ringscope
