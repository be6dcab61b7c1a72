// What turns a word into tokens: BPE, Unigram, WordPiece, WordLevel.
#pragma once

#include "backend/core/result.h"
#include "backend/text/vocabulary.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace ringscope {

// A token of a word. The tokens of a word follow each other; together they have its bytes.
struct WordToken {
    TokenId id = 0;
    std::uint32_t bytes = 0;
};

class WordModel {
public:
    virtual ~WordModel() = default;

    // Puts the tokens of `word` in place of what `tokens` held. Fails where a part of it has no
    // token and none stands for what is unknown. May be called from several threads.
    virtual Result<void> encode(std::string_view word, std::vector<WordToken>& tokens) const = 0;

    // Whether it can take bytes in place of the characters that stand for them, and to do so from
    // now on (byte_alphabet.h).
    virtual bool takeBytes() { return false; }
};

}  // namespace ringscope
