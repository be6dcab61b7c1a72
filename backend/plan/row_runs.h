// A tensor's rows as runs of evenly spaced tokens, and whether the queries of one run see a key of
// another.
#pragma once

#include "backend/plan/layout.h"
#include "backend/plan/mask.h"

#include <cstdint>
#include <vector>

namespace ringscope {

// Rows [row, row + count) hold evenly spaced tokens.
struct RowRun {
    std::int64_t row = 0;
    std::int64_t count = 0;
    TokenRun tokens{};

    TokenSpan rows() const { return {row, row + count}; }
};

// The tokens of `spans`, which are a tensor's rows in this order. Single tokens make runs with a
// stride.
std::vector<RowRun> runsOf(const std::vector<TokenSpan>& spans);

// Whether all tokens from the first to the last of `keys` lie outside of what `queries` see. Takes
// constant time. Runs with a stride may share no pair although they are not apart.
bool apart(const RowRun& queries, const RowRun& keys, const AttentionMask& mask);

// Whether a query of `queries` sees a key of `keys`.
bool meet(const RowRun& queries, const RowRun& keys, const AttentionMask& mask);

}  // namespace ringscope
