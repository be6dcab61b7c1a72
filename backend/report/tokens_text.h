// The tokens of a text: what `ringscope tokenize` prints.
#pragma once

#include "backend/text/tokenizer.h"

#include <string>
#include <vector>

namespace ringscope {

struct TokenizedText {
    std::string tokenizer{};  // as it was named
    std::string file{};
    std::size_t bytes = 0;
    std::int64_t vocabularySize = 0;
    std::string hash{};  // of the tokenizer's content
    SpecialTokens special{};
    std::vector<Token> tokens{};
};

// A row per token: id, bytes of the text, piece. Ends with a line that counts them.
std::string tokensText(const TokenizedText& text);

// schema_version, tokenizer{name, vocabulary_size, hash, bos_id, eos_id, pad_id}, file, bytes, and
// the lists ids, pieces, begins and ends, of which entries belong together. Ends with a newline.
std::string tokensJson(const TokenizedText& text);

}  // namespace ringscope
