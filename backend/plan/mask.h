// Which keys a query attends to: by the tokens' positions in the sequence, and as a question about
// one block of queries against one of keys.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/layout.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ringscope {

enum class MaskKind : std::uint8_t {
    Full,       // every query sees every key of the block
    Causal,     // row i sees keys 0..i: queries and keys of the block start at the same token
    Positions,  // row i sees the keys that the schedule's AttentionMask grants its token
};

std::string_view maskName(MaskKind kind);

// A query always sees one stretch of tokens, whose ends never decrease from query to query: causal,
// window and document each take tokens off its ends.
struct AttentionMask {
    bool causal = true;
    std::optional<std::int64_t> left{};   // at most so many tokens before its own
    std::optional<std::int64_t> right{};  // at most so many after it
    // Where each document begins, and the end: {0, 120, 1248, 8192} are three documents in 8192
    // tokens, none of which sees another. Empty: one document.
    std::vector<std::int64_t> documents{};

    // Neither window nor documents: the blocks of a mode's schedule need no cutting.
    bool plain() const { return !left && !right && documents.empty(); }
    bool operator==(const AttentionMask&) const = default;
};

// Refuses windows below 0 and documents that do not cover `tokens` tokens in order, one by one.
Result<void> checkMask(const AttentionMask& mask, std::int64_t tokens);

// The mask of `padded` tokens: those of the sequence, `tokens`, and padding behind them, which no
// token of the sequence sees.
AttentionMask paddedMask(AttentionMask mask, std::int64_t tokens, std::int64_t padded);

// The document around `position`, of `documents` as AttentionMask has them. One document has no
// end, nor has what is behind the last.
TokenSpan documentAt(const std::vector<std::int64_t>& documents, std::int64_t position);

// The tokens that the query at `position` sees. The end may lie beyond the sequence's.
TokenSpan visibleTokens(const AttentionMask& mask, std::int64_t position);

// The number of query-key pairs that the mask grants to `tokens` tokens.
std::int64_t visiblePairs(const AttentionMask& mask, std::int64_t tokens);

// Rows of evenly spaced tokens: row i is token first + i * stride.
struct TokenRun {
    std::int64_t first = 0;
    std::int64_t stride = 1;

    std::int64_t at(std::int64_t row) const { return first + row * stride; }
    bool operator==(const TokenRun&) const = default;
};

// For each of `queryRows` rows of `queries`, the rows of `keys` (of `keyRows`) that it sees. Begins
// and ends never decrease from row to row; a row without a key has an empty span.
std::vector<TokenSpan> visibleRows(const AttentionMask& mask, const TokenRun& queries,
                                   std::int64_t queryRows, const TokenRun& keys,
                                   std::int64_t keyRows);

}  // namespace ringscope
