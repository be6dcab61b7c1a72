// Which blocks of keys a token may choose by content, and which of a block's tokens it sees.
//
//   blocks of 4, documents of 6 and 10 tokens        token 13 is of block 3
//     block    0        1        2        3          it may choose blocks 1 and 2, and sees
//     token    0 1 2 3  4 5|6 7  8 9 …   12 13 …     tokens 6 and 7 of block 1
//
// A token sees other blocks from behind or, where the mask is not causal, from before. So a block
// shows at most two stretches, its last document's and its first one's, whatever the documents are.
#pragma once

#include "backend/plan/patterns/pattern.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace ringscope {

// Whether tokens choose at all; null: no pattern.
bool choosesKeys(const AttentionPattern* pattern);

// Rows of one block and one document: they choose from the same blocks.
struct ChoosingRows {
    RowRun rows{};
    std::vector<TokenSpan> blocks{};  // numbers of blocks, ascending
    std::int64_t count = 0;           // of them
};

// Calls `see` for all of `queries` that have a block to choose.
void forChoosingRows(const AttentionPattern& pattern, const AttentionMask& mask,
                     const RowRun& queries, const std::function<void(const ChoosingRows&)>& see);

// From where a token sees a block that it may choose.
enum class KeySide : std::uint8_t { Behind, Before };
// Those that the pattern's mask has.
std::span<const KeySide> keySides(const AttentionPattern& pattern);

// The tokens of block `block` that are seen from there; the last may be beyond the sequence.
TokenSpan seenOfBlock(const AttentionPattern& pattern, const AttentionMask& mask,
                      std::int64_t block, KeySide side);

// The blocks, ascending, that have one of these tokens.
std::vector<std::int64_t> blocksOf(const std::vector<TokenSpan>& tokens, std::int64_t size);

// Pairs that `queries` see of the blocks that they choose, among `keys`, if all choices are equally
// likely. Over all keys the number is exact where every block that a token may choose from shows
// all its tokens: it does without documents, under a causal mask.
double chosenPairs(const AttentionPattern& pattern, const AttentionMask& mask,
                   const RowRun& queries, const RowRun& keys);

}  // namespace ringscope
