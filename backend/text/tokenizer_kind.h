// The port behind Tokenizer: one class for each kind of tokenizer.
#pragma once

#include "backend/core/result.h"
#include "backend/text/utf8.h"
#include "backend/text/vocabulary.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// Tokens of a text as they are found.
struct Encoding {
    bool wantsRanges = false;
    std::vector<TokenId> ids{};
    std::vector<TextRange> ranges{};  // of the text, for each id; none where none are wanted

    void add(TokenId id, TextRange range) {
        ids.push_back(id);
        if (wantsRanges) ranges.push_back(range);
    }
};

// Ids that have a meaning beside the text, where the tokenizer's files say so.
struct SpecialTokens {
    std::optional<TokenId> beginning{};  // bos
    std::optional<TokenId> end{};        // eos
    std::optional<TokenId> padding{};
    std::optional<TokenId> unknown{};
};

// Does not change once it is made; may be called from several threads.
class TokenizerKind {
public:
    virtual ~TokenizerKind() = default;

    // `around`: with the tokens that the tokenizer puts before and after a text.
    virtual Result<void> encode(std::string_view text, bool around, Encoding& encoding) const = 0;

    // `special`: with the special tokens among them. Each id has a piece.
    virtual Result<std::string> decode(std::span<const TokenId> ids, bool special) const = 0;

    // One more than the largest id.
    virtual std::int64_t size() const = 0;
    virtual std::optional<std::string> pieceOf(TokenId id) const = 0;
    virtual std::optional<TokenId> idOf(std::string_view piece) const = 0;
    virtual bool isSpecial(TokenId id) const = 0;
    virtual SpecialTokens specialTokens() const { return {}; }
};

}  // namespace ringscope
