// Tokens that are found in a text before anything else is done to it: <|endoftext|>, [MASK].
#pragma once

#include "backend/text/normalizer.h"
#include "backend/text/piece_trie.h"
#include "backend/text/utf8.h"
#include "backend/text/vocabulary.h"

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ringscope {

struct AddedToken {
    TokenId id = 0;
    std::string content{};
    bool singleWord = false;  // only where no word goes on beside it
    bool leftStrip = false;   // takes the blanks before it with it
    bool rightStrip = false;
    bool normalized = true;  // is looked for in the normalized text, in its own normal form
    bool special = false;    // is left out where a text is shown to people
};

// A part of a text: an added token, or what stands between two.
struct TextPart {
    TextRange range{};
    std::optional<TokenId> token{};
};

class AddedTokens {
public:
    // The list "added_tokens". Their ids must agree with those of the vocabulary.
    static Result<AddedTokens> read(const nlohmann::json& list, const Vocabulary& vocabulary,
                                    const Normalizer* normalizer);

    // Cuts a text at the tokens of the kind: those that are looked for before, or after the text is
    // normalized.
    std::vector<TextPart> cut(std::string_view text, bool normalized) const;
    bool empty(bool normalized) const { return setOf(normalized).trie.empty(); }

    const std::vector<AddedToken>& all() const { return tokens_; }
    const AddedToken* find(TokenId id) const;
    const Vocabulary& vocabulary() const { return vocabulary_; }

private:
    // Tokens that are looked for in the same text.
    struct SearchSet {
        PieceTrie trie{};  // of indices of tokens_
    };

    const SearchSet& setOf(bool normalized) const { return normalized ? after_ : before_; }
    Result<void> makeSets(const Normalizer* normalizer);

    std::vector<AddedToken> tokens_{};
    std::unordered_map<TokenId, std::size_t> byId_{};
    Vocabulary vocabulary_{};  // of them alone
    SearchSet before_{};
    SearchSet after_{};
};

}  // namespace ringscope
