// SentencePiece's BPE: of all neighbours that together are a piece, those with the highest score
// become one first.
#pragma once

#include "backend/text/piece_trie.h"
#include "backend/text/sentence_model.h"
#include "backend/text/unigram.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ringscope {

class ScoreMerges {
public:
    // The model outlives this. `kept`: its pieces that a user defined, which are never merged.
    ScoreMerges(const SentenceModel& model, const PieceTrie& kept);

    // `text` is UTF-8.
    std::vector<UnigramStretch> stretches(std::string_view text) const;

private:
    friend class ScoreQueue;

    // Nothing that may be merged: control, byte and unknown pieces are none.
    const SentencePiece* find(std::string_view piece) const;
    TokenId idOf(std::string_view piece) const;

    const SentenceModel& model_;
    const PieceTrie& kept_;
    std::unordered_map<std::string_view, TokenId> ids_{};  // pieces that a text may have
};

}  // namespace ringscope
