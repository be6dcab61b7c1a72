// A source file as a flat list of its keys, whatever notation it is in.
#pragma once

#include "backend/config/yaml_tree.h"
#include "backend/core/result.h"
#include "backend/migration/migration.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// A value that holds no further keys: a scalar, nothing, a list, an empty map.
struct SourceKey {
    std::string path;  // "optimizer.params.lr"
    TextPosition at;   // of the key
    std::string text;  // the value in one line
    bool isScalar = true;
};

struct SourceTree {
    std::string file;
    YamlNode root;
    std::vector<SourceKey> keys;
    std::vector<std::string> notes;  // "file:3:1: comments are …"

    const SourceKey* find(std::string_view path) const;
};

inline constexpr std::size_t largestSource = std::size_t{1} << 20;  // bytes

// Refuses what migrate() says it refuses about the text. JSON by the name (.json) or, where the
// name does not say, by its first character.
Result<SourceTree> readSource(const SourceFile& file);

}  // namespace ringscope
