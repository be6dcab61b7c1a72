// Some ranks of a run: evenly spaced, in ascending order.
//
//   {.first = 2, .count = 1}                   2              one rank's own tokens
//   {.first = 0, .count = 4}                   0 1 2 3        everybody
//   {.first = 1, .count = 3, .stride = 4}      1 5 9          one rank of each group of four
#pragma once

#include "backend/plan/layout.h"

#include <string>
#include <vector>

namespace ringscope {

struct RankSet {
    int first = 0;
    int count = 0;
    int stride = 1;

    int at(int index) const { return first + index * stride; }
    int placeOf(int rank) const { return (rank - first) / stride; }  // of one of them
    bool operator==(const RankSet&) const = default;
};

std::vector<int> ranksOf(const RankSet& set);

// "2", "0–3", "1, 5, 9".
std::string rankSetText(const RankSet& set);

// The tokens that the ranks of `set` own, ascending; neighbouring spans are joined.
std::vector<TokenSpan> tokensOf(const ShardLayout& owned, const RankSet& set);

}  // namespace ringscope
