// Merges: both ways of applying them against the definition.
#include "backend/text/merges.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <map>

namespace ringscope {
namespace {

using Ids = std::vector<TokenId>;
using Table = std::map<std::pair<TokenId, TokenId>, Merges::Merge>;

std::vector<WordToken> tokensOf(const Ids& ids) {
    std::vector<WordToken> tokens;
    for (const TokenId id : ids) tokens.push_back({id, 1});
    return tokens;
}

Ids idsOf(const std::vector<WordToken>& tokens) {
    Ids ids;
    for (const WordToken& token : tokens) ids.push_back(token.id);
    return ids;
}

// The lowest rank first, of equal ones the leftmost, until there is none.
Ids byDefinition(Ids ids, const Table& table) {
    for (;;) {
        std::size_t best = ids.size();
        std::uint32_t rank = Merges::Merge{}.rank;
        for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
            const auto merge = table.find({ids[i], ids[i + 1]});
            if (merge != table.end() && merge->second.rank < rank) {
                best = i;
                rank = merge->second.rank;
            }
        }
        if (best == ids.size()) return ids;
        ids[best] = table.at({ids[best], ids[best + 1]}).id;
        ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
}

RC_GTEST_PROP(Merges, AreAppliedLowestRankFirst, ()) {
    const int letters = 4;
    const int count = *rc::gen::inRange(0, 60);
    Merges merges(static_cast<std::size_t>(count));
    Table table;
    for (int rank = 0; rank < count; ++rank) {
        const TokenId left = *rc::gen::inRange(0, letters + rank);
        const TokenId right = *rc::gen::inRange(0, letters + rank);
        if (table.contains({left, right})) continue;
        const Merges::Merge merge{static_cast<std::uint32_t>(rank), letters + rank};
        merges.add(left, right, merge);
        table[{left, right}] = merge;
    }
    const auto ids = *rc::gen::container<Ids>(rc::gen::inRange<TokenId>(0, letters));
    const Ids expected = byDefinition(ids, table);
    std::vector<WordToken> scanned = tokensOf(ids);
    merges.applyByScanning(scanned);
    RC_ASSERT(idsOf(scanned) == expected);
    std::vector<WordToken> queued = tokensOf(ids);
    merges.applyByQueue(queued);
    RC_ASSERT(idsOf(queued) == expected);
    std::size_t bytes = 0;
    for (const WordToken& token : queued) bytes += token.bytes;
    RC_ASSERT(bytes == ids.size());
}

TEST(Merges, OfALongWordTakeNoQuadraticTime) {
    Merges merges(1);
    merges.add(0, 0, {0, 1});
    std::vector<WordToken> tokens(1'000'000, WordToken{0, 1});
    merges.apply(tokens);
    EXPECT_EQ(tokens.size(), 500'000U);
}

}  // namespace
}  // namespace ringscope
