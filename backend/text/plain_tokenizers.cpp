#include "backend/text/plain_tokenizers.h"

#include "backend/text/byte_alphabet.h"

#include <set>
#include <string>
#include <utility>

namespace ringscope {
namespace {

class ByteTokenizer : public TokenizerKind {
public:
    Result<void> encode(std::string_view text, bool /*around*/, Encoding& encoding) const override {
        for (std::size_t at = 0; at < text.size(); ++at)
            encoding.add(static_cast<unsigned char>(text[at]), {at, at + 1});
        return {};
    }
    Result<std::string> decode(std::span<const TokenId> ids, bool /*special*/) const override {
        std::string text;
        for (const TokenId id : ids) text += static_cast<char>(id);
        return text;
    }
    std::int64_t size() const override { return 256; }
    std::optional<std::string> pieceOf(TokenId id) const override {
        if (id < 0 || id >= size()) return std::nullopt;
        return characterOfByte(static_cast<unsigned char>(id));
    }
    std::optional<TokenId> idOf(std::string_view piece) const override {
        const std::optional<std::string> bytes = charactersAsBytes(piece);
        if (!bytes || bytes->size() != 1) return std::nullopt;
        return static_cast<unsigned char>(bytes->front());
    }
    bool isSpecial(TokenId /*id*/) const override { return false; }
};

class CharacterTokenizer : public TokenizerKind {
public:
    explicit CharacterTokenizer(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}

    Result<void> encode(std::string_view text, bool /*around*/, Encoding& encoding) const override {
        for (std::size_t at = 0; at < text.size();) {
            const TextRange range{at, endOfBeginning(text, at)};
            const std::string character = wellFormed(slice(text, range));
            const std::optional<TokenId> id = vocabulary_.idOf(character);
            if (!id)
                return Error{ErrorCode::InvalidConfig,
                             "the character '" + character +
                                 "' is none of the text that the vocabulary was made from; make it "
                                 "from a text that has it"};
            encoding.add(*id, range);
            at = range.end;
        }
        return {};
    }
    Result<std::string> decode(std::span<const TokenId> ids, bool /*special*/) const override {
        std::string text;
        for (const TokenId id : ids) text += *vocabulary_.pieceOf(id);
        return text;
    }
    std::int64_t size() const override { return vocabulary_.size(); }
    std::optional<std::string> pieceOf(TokenId id) const override {
        const std::string* piece = vocabulary_.pieceOf(id);
        return piece == nullptr ? std::nullopt : std::optional(*piece);
    }
    std::optional<TokenId> idOf(std::string_view piece) const override {
        return vocabulary_.idOf(piece);
    }
    bool isSpecial(TokenId /*id*/) const override { return false; }

private:
    Vocabulary vocabulary_;
};

}  // namespace

std::unique_ptr<const TokenizerKind> tokenizerOfBytes() {
    return std::make_unique<ByteTokenizer>();
}

Result<std::unique_ptr<const TokenizerKind>> tokenizerOfCharacters(std::string_view text) {
    if (text.empty() || !isWellFormed(text))
        return Error{ErrorCode::InvalidConfig,
                     std::string("a vocabulary of characters is made from a text; this one is ") +
                         (text.empty() ? "empty" : "no UTF-8")};
    std::set<char32_t> characters;
    forEachCharacter(text, [&](char32_t character, TextRange) { characters.insert(character); });
    std::vector<std::pair<std::string, std::int64_t>> pieces;
    for (const char32_t character : characters) {
        std::string piece;
        appendCharacter(piece, character);
        pieces.emplace_back(std::move(piece), static_cast<std::int64_t>(pieces.size()));
    }
    RINGSCOPE_TRY(Vocabulary vocabulary, Vocabulary::make(std::move(pieces)));
    return std::make_unique<CharacterTokenizer>(std::move(vocabulary));
}

}  // namespace ringscope
