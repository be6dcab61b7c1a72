// Tokenizers without a file: bytes, and the characters of a text.
#pragma once

#include "backend/text/tokenizer_kind.h"

#include <memory>
#include <string_view>

namespace ringscope {

std::unique_ptr<const TokenizerKind> tokenizerOfBytes();

// Fails where the text is empty, or no UTF-8.
Result<std::unique_ptr<const TokenizerKind>> tokenizerOfCharacters(std::string_view text);

}  // namespace ringscope
