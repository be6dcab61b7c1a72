#include "backend/plan/block_pieces.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

namespace ringscope {
namespace {

constexpr PieceCosts cheap{.launch = 4, .row = 0.1, .pair = 0.1};
constexpr PieceCosts dear{.launch = 2000, .row = 8, .pair = 0.2};

using Counts = std::vector<int>;  // [row * keys + key]: in how many pieces, or what remains

void count(Counts& counts, std::int64_t keys, std::int64_t row, TokenSpan span) {
    for (std::int64_t key = span.begin; key < span.end; ++key)
        ++counts[static_cast<std::size_t>(row * keys + key)];
}

Counts visible(const std::vector<TokenSpan>& seen, std::int64_t keys) {
    Counts counts(seen.size() * static_cast<std::size_t>(keys));
    for (std::size_t row = 0; row < seen.size(); ++row)
        count(counts, keys, static_cast<std::int64_t>(row), seen[row]);
    return counts;
}

Counts covered(const BlockPieces& cut, std::size_t rows, std::int64_t keys) {
    Counts counts(rows * static_cast<std::size_t>(keys));
    for (const BlockPiece& piece : cut.pieces) {
        EXPECT_GT(piece.queries.size(), 0);
        EXPECT_GT(piece.keys.size(), 0);
        EXPECT_NE(piece.mask, MaskKind::Positions);
        EXPECT_TRUE(piece.mask == MaskKind::Full || piece.queries.size() == piece.keys.size());
        for (std::int64_t i = 0; i < piece.queries.size(); ++i) {
            const std::int64_t end =
                piece.mask == MaskKind::Causal ? piece.keys.begin + i + 1 : piece.keys.end;
            count(counts, keys, piece.queries.begin + i, {piece.keys.begin, end});
        }
    }
    for (std::size_t row = 0; row < cut.rest.size(); ++row)
        count(counts, keys, static_cast<std::int64_t>(row), cut.rest[row]);
    return counts;
}

std::int64_t remaining(const BlockPieces& cut) {
    return std::accumulate(
        cut.rest.begin(), cut.rest.end(), std::int64_t{0},
        [](std::int64_t sum, const TokenSpan& keys) { return sum + keys.size(); });
}

std::vector<AttentionMask> masks() {
    const std::vector<std::int64_t> documents = {0, 1, 2, 5, 60, 61, 130, 131, 133, 260, 400};
    std::vector<AttentionMask> masks;
    for (const bool causal : {true, false})
        for (const auto& starts : {std::vector<std::int64_t>{}, documents}) {
            masks.push_back({.causal = causal, .documents = starts});
            for (const std::int64_t left : {0, 1, 13, 90})
                masks.push_back({.causal = causal, .left = left, .documents = starts});
            masks.push_back({.causal = causal, .left = 50, .right = 9, .documents = starts});
            masks.push_back({.causal = causal, .right = 70, .documents = starts});
        }
    return masks;
}

// Contiguous shards, zigzag chunks, striped tokens, and rows of one against rows of another.
struct Rows {
    TokenRun queries;
    std::int64_t queryRows;
    TokenRun keys;
    std::int64_t keyRows;
};
const Rows arrangements[] = {
    {{0, 1}, 200, {0, 1}, 200}, {{100, 1}, 90, {0, 1}, 100},  {{40, 1}, 77, {90, 1}, 120},
    {{1, 4}, 64, {0, 4}, 70},   {{0, 1}, 150, {1, 3}, 60},    {{3, 3}, 60, {0, 1}, 180},
    {{0, 1}, 1, {0, 1}, 300},   {{150, 1}, 100, {0, 1}, 350}, {{300, 1}, 40, {0, 1}, 30},
};

TEST(BlockPieces, HoldEveryVisiblePairOnceAndNoOther) {
    for (const AttentionMask& mask : masks())
        for (const Rows& rows : arrangements)
            for (const PieceCosts& costs : {cheap, dear, PieceCosts{0, 0, 0}}) {
                const std::vector<TokenSpan> seen =
                    visibleRows(mask, rows.queries, rows.queryRows, rows.keys, rows.keyRows);
                const BlockPieces cut = cutBlock(seen, costs);
                ASSERT_TRUE(cut.rest.empty() || cut.rest.size() == seen.size());
                EXPECT_EQ(covered(cut, seen.size(), rows.keyRows), visible(seen, rows.keyRows))
                    << "queries from " << rows.queries.first << ", keys from " << rows.keys.first
                    << ", left " << mask.left.value_or(-1) << ", launch " << costs.launch;
                EXPECT_TRUE(cut.rest.empty() || remaining(cut) > 0);
            }
}

BlockPieces cutSequence(const AttentionMask& mask, std::int64_t tokens, const PieceCosts& costs) {
    return cutBlock(visibleRows(mask, {}, tokens, {}, tokens), costs);
}

TEST(BlockPieces, LeaveNothingOfDocumentsThatAreLong) {
    const AttentionMask mask{.documents = {0, 300, 900, 2000}};
    const BlockPieces cut = cutSequence(mask, 2000, dear);
    EXPECT_TRUE(cut.rest.empty());
    EXPECT_EQ(cut.pieces, (std::vector<BlockPiece>{{{0, 300}, {0, 300}, MaskKind::Causal},
                                                   {{300, 900}, {300, 900}, MaskKind::Causal},
                                                   {{900, 2000}, {900, 2000}, MaskKind::Causal}}));
}

TEST(BlockPieces, OfAShardThatBeginsWithinADocumentAreAFullAndACausalOne) {
    const AttentionMask mask{.documents = {0, 200, 4000}};
    const BlockPieces cut = cutBlock(visibleRows(mask, {1000, 1}, 1000, {0, 1}, 2000), dear);
    EXPECT_TRUE(cut.rest.empty());
    EXPECT_EQ(cut.pieces, (std::vector<BlockPiece>{{{0, 1000}, {200, 1000}, MaskKind::Full},
                                                   {{0, 1000}, {1000, 2000}, MaskKind::Causal}}));
}

TEST(BlockPieces, LeaveShortDocumentsToOneLaunch) {
    std::vector<std::int64_t> documents;
    for (std::int64_t start = 0; start <= 1000; start += 25) documents.push_back(start);
    const BlockPieces cut = cutSequence({.documents = documents}, 1000, dear);
    EXPECT_TRUE(cut.pieces.empty());
    EXPECT_EQ(remaining(cut), 40 * 25 * 26 / 2);
}

TEST(BlockPieces, LeaveOnlyTheLeftEdgeOfAWindow) {
    constexpr std::int64_t tokens = 16'384;
    constexpr std::int64_t window = 4096;
    const AttentionMask mask{.left = window};
    const BlockPieces cut = cutSequence(mask, tokens, dear);
    EXPECT_LT(remaining(cut), visiblePairs(mask, tokens) / 40);
    EXPECT_LT(cut.pieces.size(), 300U);
}

// Four times the cost of a launch makes parts twice as high: the least of launches and rest
// together.
TEST(BlockPieces, AreAsLargeAsTheirCostsAllow) {
    const auto rowsOfParts = [](double launch) {
        const BlockPieces cut = cutSequence({.left = 4096}, 16'384, {launch, 8, 0.2});
        return cut.pieces.back().queries.size();
    };
    const double best = std::sqrt(2 * 2 * 2000 / (1 - 0.2));
    EXPECT_NEAR(static_cast<double>(rowsOfParts(2000)), best, 2);
    EXPECT_NEAR(static_cast<double>(rowsOfParts(8000)), 2 * best, 4);
}

TEST(BlockPieces, AreNotCutWhereALaunchCostsMoreThanTheBlock) {
    for (const AttentionMask& mask : masks())
        EXPECT_TRUE(cutSequence(mask, 400, {.launch = 1e9, .row = 0, .pair = 0}).pieces.empty());
}

}  // namespace
}  // namespace ringscope
