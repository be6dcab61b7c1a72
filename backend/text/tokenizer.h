// Text as token ids and back.
//
//     RINGSCOPE_TRY(const Tokenizer tokenizer, Tokenizer::load("models/tiny"));
//     RINGSCOPE_TRY(const std::vector<TokenId> ids, tokenizer.encode("low newest é"));
//     RINGSCOPE_TRY(const std::string text, tokenizer.decode(ids));
//
//   name                         kind
//   byte                         a token is a byte
//   a file or its folder         tokenizer.json of Hugging Face, or a SentencePiece .model
//
// A tokenizer does not change, is cheap to copy, and may be used from several threads.
#pragma once

#include "backend/core/result.h"
#include "backend/text/tokenizer_kind.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct Token {
    TokenId id = 0;
    std::string piece{};  // as the vocabulary spells it
    TextRange range{};    // bytes of the text it came from; empty for what was put around it
};

class Tokenizer {
public:
    // Whether tokens that the file puts around a text (<s>, [CLS]) are added.
    enum class Around : std::uint8_t { Added, LeftOut };
    // Whether special tokens are part of decoded text.
    enum class Special : std::uint8_t { Kept, LeftOut };

    static Result<Tokenizer> load(const std::string& name);
    static Tokenizer ofBytes();

    // A token is a character; the vocabulary holds those of `text`, ids in their order in Unicode.
    // Fails where the text is empty or no UTF-8.
    static Result<Tokenizer> ofCharacters(std::string_view text);

    // The tokenizer of that name for `text`: "char" makes its vocabulary from it.
    static Result<Tokenizer> loadFor(const std::string& name, std::string_view text);

    // Text that is no UTF-8: byte-level tokenizers keep its bytes, others read U+FFFD. Fails where
    // a part has no token and the tokenizer has none for what is unknown, and for 2 GiB or more.
    Result<std::vector<TokenId>> encode(std::string_view text, Around around = Around::Added) const;
    Result<std::vector<Token>> tokens(std::string_view text, Around around = Around::Added) const;

    // Fails for an id that no piece has. The text of a byte-level tokenizer may be no UTF-8.
    Result<std::string> decode(std::span<const TokenId> ids,
                               Special special = Special::LeftOut) const;

    // One more than the largest id: the rows that a model's embedding needs.
    std::int64_t vocabularySize() const { return kind_->size(); }
    std::optional<std::string> pieceOf(TokenId id) const { return kind_->pieceOf(id); }
    std::optional<TokenId> idOf(std::string_view piece) const { return kind_->idOf(piece); }
    bool isSpecial(TokenId id) const { return kind_->isSpecial(id); }
    const SpecialTokens& specialTokens() const { return special_; }

    // Of all that decides the ids: the same for the same tokenizer under another name.
    const std::string& contentHash() const { return hash_; }

    // What its files ask for that is not done, one sentence each.
    const std::vector<std::string>& remarks() const { return remarks_; }

private:
    Tokenizer(std::shared_ptr<const TokenizerKind> kind, const std::string& content);
    Result<Encoding> encoding(std::string_view text, Around around, bool ranges) const;
    static Result<Tokenizer> loadFile(const std::string& path, const std::string& bytes);

    std::shared_ptr<const TokenizerKind> kind_;
    std::string hash_;
    SpecialTokens special_{};
    std::vector<std::string> remarks_{};
};

}  // namespace ringscope
