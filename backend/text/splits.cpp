#include "backend/text/splits.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

struct CutPiece {
    TextRange range{};
    bool isMatch = false;
};

std::vector<CutPiece> piecesOf(const std::vector<TextRange>& matches, TextRange whole,
                               bool inverted) {
    std::vector<CutPiece> pieces;
    std::size_t from = whole.begin;
    for (const TextRange match : matches) {
        if (from < match.begin) pieces.push_back({{from, match.begin}, inverted});
        pieces.push_back({match, !inverted});
        from = match.end;
    }
    if (from < whole.end) pieces.push_back({{from, whole.end}, inverted});
    return pieces;
}

void addWord(std::vector<TextRange>& words, TextRange word) {
    if (word.size() > 0) words.push_back(word);
}

void mergeWithPrevious(const std::vector<CutPiece>& pieces, std::vector<TextRange>& words) {
    std::vector<TextRange> merged;
    bool previousMatch = false;
    for (const CutPiece& piece : pieces) {
        if (piece.isMatch && !previousMatch && !merged.empty())
            merged.back().end = piece.range.end;
        else
            merged.push_back(piece.range);
        previousMatch = piece.isMatch;
    }
    for (const TextRange word : merged) addWord(words, word);
}

void mergeWithNext(const std::vector<CutPiece>& pieces, std::vector<TextRange>& words) {
    std::vector<TextRange> merged;  // from right to left
    bool nextMatch = false;
    for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
        if (piece->isMatch && !nextMatch && !merged.empty())
            merged.back().begin = piece->range.begin;
        else
            merged.push_back(piece->range);
        nextMatch = piece->isMatch;
    }
    std::ranges::reverse(merged);
    for (const TextRange word : merged) addWord(words, word);
}

void mergeNeighbours(const std::vector<CutPiece>& pieces, std::vector<TextRange>& words) {
    std::vector<TextRange> merged;
    bool previousMatch = false;
    for (const CutPiece& piece : pieces) {
        if (piece.isMatch == previousMatch && !merged.empty())
            merged.back().end = piece.range.end;
        else
            merged.push_back(piece.range);
        previousMatch = piece.isMatch;
    }
    for (const TextRange word : merged) addWord(words, word);
}

// What needs no list of pieces: every piece is a word, or every one of a kind is.
void isolate(const std::vector<TextRange>& matches, TextRange whole, bool keepMatches,
             bool keepBetween, std::vector<TextRange>& words) {
    std::size_t from = whole.begin;
    for (const TextRange match : matches) {
        if (keepBetween && from < match.begin) words.push_back({from, match.begin});
        if (keepMatches) addWord(words, match);
        from = match.end;
    }
    if (keepBetween && from < whole.end) words.push_back({from, whole.end});
}

}  // namespace

void cutAt(const std::vector<TextRange>& matches, TextRange whole, SplitBehaviour behaviour,
           bool inverted, std::vector<TextRange>& words) {
    switch (behaviour) {
        case SplitBehaviour::Isolated:
            return isolate(matches, whole, true, true, words);
        case SplitBehaviour::Removed:
            return isolate(matches, whole, inverted, !inverted, words);
        case SplitBehaviour::MergedWithPrevious:
            return mergeWithPrevious(piecesOf(matches, whole, inverted), words);
        case SplitBehaviour::MergedWithNext:
            return mergeWithNext(piecesOf(matches, whole, inverted), words);
        case SplitBehaviour::Contiguous:
            return mergeNeighbours(piecesOf(matches, whole, inverted), words);
    }
}

}  // namespace ringscope
