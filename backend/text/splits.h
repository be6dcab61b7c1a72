// A text cut into words, before a model turns each word into tokens.
#pragma once

#include "backend/core/result.h"
#include "backend/text/aligned_text.h"

#include <cstdint>
#include <vector>

namespace ringscope {

struct Splits {
    AlignedText text;
    std::vector<TextRange> words;  // none is empty
    bool beginsText = true;        // whether nothing stands before it in the whole text
};

// What becomes of what a splitter matches.
enum class SplitBehaviour : std::uint8_t {
    Isolated,            // "a-b" at "-": a, -, b
    Removed,             // a, b
    MergedWithPrevious,  // a-, b
    MergedWithNext,      // a, -b
    Contiguous,          // as Isolated, but neighbours are one: "--" is one word
};

// Cuts `whole` at `matches`, which lie in it in ascending order. Inverted, a match is a word, and
// what is between matches is what the behaviour is about. Adds to `words`, no empty ones.
void cutAt(const std::vector<TextRange>& matches, TextRange whole, SplitBehaviour behaviour,
           bool inverted, std::vector<TextRange>& words);

// Every word cut once more; `cut(word, words)` adds the parts of one.
template <typename Cut>
Result<void> cutWords(Splits& splits, Cut cut) {
    std::vector<TextRange> words;
    words.reserve(splits.words.size());
    for (const TextRange word : splits.words) RINGSCOPE_CHECK(cut(word, words));
    splits.words = std::move(words);
    return {};
}

// Every word written anew, by `write(word, out)`.
template <typename Write>
void rewriteWords(Splits& splits, Write write) {
    std::vector<TextRange> words;
    splits.text.rewrite([&](TextWriter& out) {
        for (const TextRange word : splits.words) {
            const std::size_t begin = out.size();
            write(word, out);
            if (out.size() > begin) words.push_back({begin, out.size()});
        }
    });
    splits.words = std::move(words);
}

}  // namespace ringscope
