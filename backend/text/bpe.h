// Byte-pair encoding: a word's characters are merged, two neighbours at a time.
//
//     low     l o w  ->  lo w  ->  low
#pragma once

#include "backend/text/json_part.h"
#include "backend/text/merges.h"
#include "backend/text/vocabulary.h"
#include "backend/text/word_model.h"

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace ringscope {

struct BpeOptions {
    std::optional<TokenId> unknown{};  // in place of characters that have no token
    std::string missingUnknown{};      // the piece that the file names for them and does not have
    bool namesUnknown = false;
    bool fuseUnknown = false;   // one for neighbouring characters
    bool byteFallback = false;  // <0x0A> in place of them
    bool ignoreMerges = false;  // a word that is a piece is that token
    std::string prefix{};       // of every piece that does not begin a word
    std::string suffix{};       // of every piece that ends one
};

// `vocabulary` outlives the model. Reads "merges" and the options of a "model" of type BPE.
Result<std::unique_ptr<WordModel>> readBpe(JsonPart& part, const Vocabulary& vocabulary);

class Bpe : public WordModel {
public:
    Bpe(const Vocabulary& vocabulary, Merges merges, BpeOptions options);

    Result<void> encode(std::string_view word, std::vector<WordToken>& tokens) const override;
    bool takeBytes() override;

private:
    Result<void> addCharacters(std::string_view word, std::vector<WordToken>& tokens) const;
    Result<void> addUnknown(std::string_view character, std::optional<WordToken>& pending,
                            std::vector<WordToken>& tokens) const;
    bool addFallback(std::string_view character, std::vector<WordToken>& tokens) const;
    std::optional<TokenId> wholeWord(std::string_view word) const;

    const Vocabulary& vocabulary_;
    Merges merges_;
    BpeOptions options_;
    std::array<std::optional<TokenId>, 256> fallback_{};  // tokens of <0x00> to <0xFF>
    bool hasFallback_ = false;
    bool takesBytes_ = false;
    std::array<std::optional<TokenId>, 256> bytes_{};  // tokens of bytes
    std::optional<Vocabulary> wordsAsBytes_{};         // the pieces as bytes
};

// "<0x0A>"; the pieces of all bytes, as far as the vocabulary has them.
std::string byteFallbackPiece(unsigned char byte);
std::array<std::optional<TokenId>, 256> byteFallbackTokens(const Vocabulary& vocabulary);

}  // namespace ringscope
