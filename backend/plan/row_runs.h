// A tensor's rows as runs of evenly spaced tokens, and whether the queries of one run see a key of
// another.
#pragma once

#include "backend/plan/layout.h"
#include "backend/plan/mask.h"

#include <cstdint>
#include <vector>

namespace ringscope {

// `count` rows from `row` on, each `step` behind the last, hold evenly spaced tokens.
struct RowRun {
    std::int64_t row = 0;
    std::int64_t count = 0;
    TokenRun tokens{};
    std::int64_t step = 1;

    std::int64_t at(std::int64_t index) const { return row + index * step; }
    // From the first to the last.
    TokenSpan rows() const { return {row, count == 0 ? row : at(count - 1) + 1}; }
    // `size` of them from the index `begin` on.
    RowRun part(std::int64_t begin, std::int64_t size) const {
        return {at(begin), size, {tokens.at(begin), tokens.stride}, step};
    }
};

// The rows of `run` whose tokens are at or after `tokens.begin` and before `tokens.end`.
RowRun within(const RowRun& run, const TokenSpan& tokens);

// Of these rows, those whose tokens are `residue` more than a multiple of `rate`.
RowRun everyOf(const RowRun& run, std::int64_t rate, std::int64_t residue);

// The tokens of `spans`, which are a tensor's rows in this order. Single tokens make runs with a
// stride.
std::vector<RowRun> runsOf(const std::vector<TokenSpan>& spans);

// Whether all tokens from the first to the last of `keys` lie outside of what `queries` see. Takes
// constant time. Runs with a stride may share no pair although they are not apart.
bool apart(const RowRun& queries, const RowRun& keys, const AttentionMask& mask);

// Whether a query of `queries` sees a key of `keys`.
bool meet(const RowRun& queries, const RowRun& keys, const AttentionMask& mask);

}  // namespace ringscope
