#include "backend/text/whole_words.h"

#include "backend/text/utf8.h"

#include <optional>
#include <string>
#include <utility>

namespace ringscope {
namespace {

// The last beginning of a character that is not after `at`; the text's size where that is.
std::size_t beginOfCharacter(std::string_view text, std::size_t at) {
    if (at >= text.size()) return text.size();
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U) --at;
    return at;
}

class WordPiece : public WordModel {
public:
    WordPiece(const Vocabulary& vocabulary, TokenId unknown, std::string prefix,
              std::int64_t longestWord)
        : vocabulary_(vocabulary),
          unknown_(unknown),
          prefix_(std::move(prefix)),
          longestWord_(longestWord) {}

    // A word of which a part is unknown is unknown.
    Result<void> encode(std::string_view word, std::vector<WordToken>& tokens) const override {
        tokens.clear();
        const bool tooLong = countCharacters(word) > static_cast<std::size_t>(longestWord_);
        for (std::size_t at = 0; !tooLong && at < word.size();) {
            const WordToken token = longestPiece(word.substr(at), at > 0);
            if (token.bytes == 0) {
                tokens.clear();
                break;
            }
            tokens.push_back(token);
            at += token.bytes;
        }
        if (tokens.empty() && !word.empty())
            tokens.push_back({unknown_, static_cast<std::uint32_t>(word.size())});
        return {};
    }

private:
    // Of 0 bytes where no piece fits.
    WordToken longestPiece(std::string_view rest, bool goesOn) const {
        const std::size_t shortest = goesOn ? prefix_.size() : 0;
        if (vocabulary_.longestPiece() < shortest) return {};
        std::string piece = goesOn ? prefix_ : "";
        piece += rest.substr(0, beginOfCharacter(rest, vocabulary_.longestPiece() - shortest));
        while (piece.size() > shortest) {
            if (const std::optional<TokenId> id = vocabulary_.idOf(piece))
                return {*id, static_cast<std::uint32_t>(piece.size() - shortest)};
            piece.resize(shortest + beginOfCharacter(rest, piece.size() - shortest - 1));
        }
        return {};
    }

    const Vocabulary& vocabulary_;
    TokenId unknown_;
    std::string prefix_;
    std::int64_t longestWord_;
};

class WordLevel : public WordModel {
public:
    WordLevel(const Vocabulary& vocabulary, std::optional<TokenId> unknown)
        : vocabulary_(vocabulary), unknown_(unknown) {}

    Result<void> encode(std::string_view word, std::vector<WordToken>& tokens) const override {
        tokens.clear();
        const std::optional<TokenId> known = vocabulary_.idOf(word);
        const std::optional<TokenId> id = known ? known : unknown_;
        if (!id)
            return Error{ErrorCode::InvalidConfig,
                         "the word '" + std::string(word) +
                             "' has no token, and the tokenizer has none for unknown words; use "
                             "another tokenizer"};
        tokens.push_back({*id, static_cast<std::uint32_t>(word.size())});
        return {};
    }

private:
    const Vocabulary& vocabulary_;
    std::optional<TokenId> unknown_;
};

}  // namespace

Result<std::unique_ptr<WordModel>> readWordPiece(JsonPart& part, const Vocabulary& vocabulary) {
    const std::string unknown = part.text("unk_token", "[UNK]");
    const std::optional<TokenId> id = vocabulary.idOf(unknown);
    if (!id) part.refuse("unk_token", "'" + unknown + "' is no piece of the vocabulary");
    std::string prefix = part.text("continuing_subword_prefix", "##");
    const std::int64_t longest = part.number("max_input_chars_per_word", 0, 1 << 20, 100);
    return std::make_unique<WordPiece>(vocabulary, id.value_or(0), std::move(prefix), longest);
}

// The unknown word's piece may be missing: then a word that is not there is an error.
Result<std::unique_ptr<WordModel>> readWordLevel(JsonPart& part, const Vocabulary& vocabulary) {
    return std::make_unique<WordLevel>(vocabulary,
                                       vocabulary.idOf(part.text("unk_token", "<unk>")));
}

}  // namespace ringscope
