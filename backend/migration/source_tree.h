// A source file as a flat list of its keys, for YAML and JSON alike.
#pragma once

#include "backend/config/yaml_tree.h"
#include "backend/core/result.h"
#include "backend/migration/migration.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// A key whose value holds no further keys: a scalar, nothing, a list, an empty map.
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

// Fails as migrate() does if the text cannot be read. A file is JSON by its name (.json, .hjson),
// or, unless the name is of YAML, if its first character is '{'.
Result<SourceTree> readSource(const SourceFile& file);

}  // namespace ringscope
