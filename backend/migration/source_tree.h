// A source file as a flat list of its keys, whatever it is written in.
#pragma once

#include "backend/config/yaml_tree.h"
#include "backend/core/result.h"
#include "backend/migration/migration.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// A key whose value holds no further keys: a scalar, nothing, a list, an empty map. An option of a
// command and an argument of a call are keys, too.
struct SourceKey {
    std::string path;  // as it is written: "optimizer.params.lr", "--context-parallel-size"
    TextPosition at;   // of the key
    std::string text;  // the value in one line
    bool isScalar = true;
    std::string rule{};       // by what rules know it, if not by path: "context_parallel_size"
    bool unresolved = false;  // the value follows from something that is no constant: "$RANKS"
    TextPosition valueAt{};   // of the value

    std::string_view ruleName() const { return rule.empty() ? path : rule; }
};

struct SourceTree {
    std::string file;
    std::vector<SourceKey> keys;
    std::vector<std::string> notes{};    // "file:3:1: comments are …"
    std::vector<SourceFile> embedded{};  // files that the source writes: here-documents
    YamlNode root{};                     // of YAML, JSON and TOML

    const SourceKey* find(std::string_view ruleName) const;
};

inline constexpr std::size_t largestSource = std::size_t{1} << 20;  // bytes

enum class SourceFormat : std::uint8_t { Yaml, Json, Toml, Shell, Python };

// By the file's extension, else by what the text begins with.
SourceFormat formatOf(const SourceFile& file);

// Fails as migrate() does if the text cannot be read.
Result<SourceTree> readSource(const SourceFile& file);

// The text that a name or a file encodes in base64, if it is a JSON object: DeepSpeed takes its
// settings that way, too. Empty otherwise.
std::string decodedObject(std::string_view text);

}  // namespace ringscope
