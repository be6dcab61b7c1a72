// A tensor's rows as few stretches of evenly spaced tokens, and whether two such stretches meet.
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

// Whether the tokens between the first and the last of `keys` lie outside of all that `queries`
// see. Quick; runs that are not apart may still share no pair where they have a stride.
bool apart(const RowRun& queries, const RowRun& keys, const AttentionMask& mask);

// Whether a query of `queries` sees a key of `keys`.
bool meet(const RowRun& queries, const RowRun& keys, const AttentionMask& mask);

}  // namespace ringscope
