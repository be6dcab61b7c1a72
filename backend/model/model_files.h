// Files of a model's folder, and what lies there beside its tensors.
#pragma once

#include "backend/core/result.h"

#include <array>
#include <filesystem>
#include <optional>
#include <string_view>

namespace ringscope {

// The tokenizer, and what it says of special tokens and conversations.
inline constexpr std::array<std::string_view, 9> tokenizerFiles = {
    "tokenizer.json",    "tokenizer.model",     "tokenizer_config.json",
    "vocab.json",        "vocab.txt",           "merges.txt",
    "added_tokens.json", "chat_template.jinja", "special_tokens_map.json"};

// The first of tokenizer.json and tokenizer.model that lies in the folder.
std::optional<std::filesystem::path> tokenizerIn(const std::filesystem::path& folder);

Result<void> copyFile(const std::filesystem::path& from, const std::filesystem::path& to);

// Those of tokenizerFiles that lie in `from`, byte for byte. Both are folders.
Result<void> copyTokenizer(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace ringscope
