// Unigram: of all ways to write a word as pieces, the one with the largest sum of scores.
//
//     score ▁ab −3, ab −2.2, ▁ −3:     "▁ab▁ab" is ▁ab ▁ab
#pragma once

#include "backend/text/json_part.h"
#include "backend/text/piece_trie.h"
#include "backend/text/word_model.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace ringscope {

struct UnigramPieces {
    PieceTrie trie{};
    std::vector<double> scores{};  // by id
    // What the score of a piece of this many bytes is instead, for pieces that a user defined:
    // bytes * longPieceScore - 0.1.
    std::vector<bool> userDefined{};
    double longPieceScore = 0;
    double unknownScore = 0;  // of a character that is no piece
    TokenId unknown = -1;
};

// A stretch of a text under one piece, or under none.
struct UnigramStretch {
    std::size_t begin = 0;
    std::size_t end = 0;
    TokenId id = 0;  // pieces.unknown where it is no piece
};

// `text` is UTF-8. Of equal sums, the way counts that was found first: with the shorter last piece.
std::vector<UnigramStretch> bestStretches(const UnigramPieces& pieces, std::string_view text);

// Unknown neighbours are one; with byte fallback they are bytes.
class Unigram : public WordModel {
public:
    // `vocabulary` outlives the model.
    Unigram(const Vocabulary& vocabulary, UnigramPieces pieces, bool byteFallback);

    Result<void> encode(std::string_view word, std::vector<WordToken>& tokens) const override;

private:
    Result<void> addUnknown(std::string_view characters, std::vector<WordToken>& tokens) const;

    const Vocabulary& vocabulary_;
    UnigramPieces pieces_;
    bool byteFallback_;
    std::array<std::optional<TokenId>, 256> fallback_{};
};

// The list "vocab" of a model of type Unigram: pieces with their scores, the ids in order.
Result<std::vector<std::pair<std::string, std::int64_t>>> readUnigramPieces(JsonPart& part);
// `vocabulary` is of these pieces, and outlives the model.
Result<std::unique_ptr<WordModel>> readUnigram(JsonPart& part, const Vocabulary& vocabulary);

}  // namespace ringscope
