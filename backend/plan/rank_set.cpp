#include "backend/plan/rank_set.h"

#include "backend/core/text.h"

#include <algorithm>

namespace ringscope {

std::vector<int> ranksOf(const RankSet& set) {
    std::vector<int> ranks;
    for (int index = 0; index < set.count; ++index) ranks.push_back(set.at(index));
    return ranks;
}

std::string rankSetText(const RankSet& set) {
    if (set.count > 1 && set.stride == 1)
        return std::to_string(set.first) + "–" + std::to_string(set.at(set.count - 1));
    std::vector<std::string> words;
    for (const int rank : ranksOf(set)) words.push_back(std::to_string(rank));
    return join(words, ", ");
}

std::vector<TokenSpan> tokensOf(const ShardLayout& owned, const RankSet& set) {
    std::vector<TokenSpan> spans;
    for (const int rank : ranksOf(set)) {
        const std::vector<TokenSpan> theirs = owned.spansOf(rank);
        spans.insert(spans.end(), theirs.begin(), theirs.end());
    }
    std::ranges::sort(spans, {}, &TokenSpan::begin);
    std::vector<TokenSpan> joined;
    for (const TokenSpan& span : spans) {
        if (!joined.empty() && joined.back().end == span.begin)
            joined.back().end = span.end;
        else
            joined.push_back(span);
    }
    return joined;
}

}  // namespace ringscope
