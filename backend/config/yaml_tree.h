// YAML text as a tree in which every node knows where it was written.
//
// What YAML allows and an experiment file does not (duplicate keys, merge keys, tags, several
// documents, keys that are no text) is a problem here already, and left out of the tree. Aliases
// are replaced by what they stand for. Any bytes may be given: reading takes bounded time and
// memory, and never throws.
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
    bool quoted = false;            // a Scalar in quotes is text, whatever it looks like
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

// A plain scalar where YAML reads it back as the same text, else in double quotes. The text is
// printable (see value_text.h).
std::string yamlScalar(std::string_view text);

}  // namespace ringscope
