// The tokenizer of a tokenizer.json: its parts, in the order a text goes through them.
//
//     added tokens -> normalizer -> added tokens -> pre-tokenizer -> model -> post-processor
#pragma once

#include "backend/text/added_tokens.h"
#include "backend/text/decoder.h"
#include "backend/text/normalizer.h"
#include "backend/text/post_processor.h"
#include "backend/text/pre_tokenizer.h"
#include "backend/text/tokenizer_kind.h"
#include "backend/text/word_cache.h"
#include "backend/text/word_model.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct JsonTokenizerParts {
    Vocabulary vocabulary{};  // of the model
    std::unique_ptr<const Normalizer> normalizer{};
    std::unique_ptr<const PreTokenizer> preTokenizer{};
    std::unique_ptr<WordModel> model{};
    AddedTokens added{};
    TokensAround around{};
    std::unique_ptr<const Decoder> decoder{};
    std::vector<std::string> remarks{};
};

// Reads the text of a file. Fails with what in it is not understood. The parts stay where they are:
// the model knows where the vocabulary is.
Result<std::unique_ptr<JsonTokenizerParts>> readTokenizerJson(std::string_view text);

class JsonTokenizer : public TokenizerKind {
public:
    explicit JsonTokenizer(std::unique_ptr<JsonTokenizerParts> parts);

    Result<void> encode(std::string_view text, bool around, Encoding& encoding) const override;
    Result<std::string> decode(std::span<const TokenId> ids, bool special) const override;
    std::int64_t size() const override;
    std::optional<std::string> pieceOf(TokenId id) const override;
    std::optional<TokenId> idOf(std::string_view piece) const override;
    bool isSpecial(TokenId id) const override;

private:
    Result<void> encodeNormalized(AlignedText text, bool beginsText, WordCache& cache,
                                  Encoding& encoding) const;
    Result<void> encodePart(AlignedText text, bool beginsText, WordCache& cache,
                            Encoding& encoding) const;
    Result<void> encodeWords(AlignedText text, bool beginsText, WordCache& cache,
                             Encoding& encoding) const;
    Result<void> encodeAll(const AlignedText& text, WordCache& cache, Encoding& encoding) const;

    std::unique_ptr<JsonTokenizerParts> parts_;
    bool modelTakesBytes_ = false;
    mutable WordCaches caches_{};
};

}  // namespace ringscope
