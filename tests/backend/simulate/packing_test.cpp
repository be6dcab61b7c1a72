#include "backend/simulate/packing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace ringscope::test {
namespace {

using ::testing::HasSubstr;

std::int64_t pairsOf(const std::vector<RankLoad>& loads) {
    std::int64_t sum = 0;
    for (const RankLoad& load : loads) sum += load.pairs;
    return sum;
}

TEST(Packing, EachWayToDealTokensOutComputesEachPairOnce) {
    const std::vector<std::int64_t> documents = {100, 1, 37, 250, 4, 120};
    std::int64_t pairs = 0;
    for (const std::int64_t length : documents) pairs += length * (length + 1) / 2;
    const std::int64_t tokens = std::accumulate(documents.begin(), documents.end(), std::int64_t{});
    for (const int ranks : {1, 2, 3, 4, 8})
        for (int which = 0; which < dealings; ++which) {
            SCOPED_TRACE(std::string(dealingName(static_cast<Dealing>(which))) + " on " +
                         std::to_string(ranks));
            const auto loads = dealtOut(static_cast<Dealing>(which), documents, ranks);
            EXPECT_EQ(pairsOf(loads), pairs);
            std::int64_t held = 0;
            for (const RankLoad& load : loads) held += load.tokens;
            EXPECT_EQ(held, tokens);
        }
}

TEST(Packing, OneLongDocumentIsEvenUnderHeadTailAndUnevenInARow) {
    const std::vector<std::int64_t> documents = {8192};
    const auto row = dealtOut(Dealing::Contiguous, documents, 8);
    const auto even = dealtOut(Dealing::HeadTail, documents, 8);
    EXPECT_EQ(even.front().pairs, even.back().pairs);
    // Rank r of a ring does r + a half of a square of 1024 tokens.
    EXPECT_NEAR(static_cast<double>(row.back().pairs) / static_cast<double>(even.back().pairs),
                15.0 / 8, 0.001);
}

TEST(Packing, ShortDocumentsNeedNoKeysOfOthersWhereRanksHaveThemWhole) {
    const std::vector<std::int64_t> documents(64, 128);
    for (const RankLoad& load : dealtOut(Dealing::Dynamic, documents, 8)) {
        EXPECT_EQ(load.foreignKeys, 0);
        EXPECT_EQ(load.tokens, 1024);
    }
    EXPECT_GT(dealtOut(Dealing::Striped, documents, 8).front().foreignKeys, 0);
}

TEST(Packing, TheWorstSequenceIsNamed) {
    // The second sequence is one long document and short ones, all of them late.
    std::vector<std::int64_t> documents = {1024, 768};
    documents.insert(documents.end(), 64, 4);
    const PackingReport report = packDocuments(documents, 1024, 4).value();
    EXPECT_EQ(report.sequences, 2);
    const DealingResult& headTail = report.dealings[static_cast<std::size_t>(Dealing::HeadTail)];
    EXPECT_EQ(headTail.worstSequence, 1);
    EXPECT_LT(headTail.worst, 0.8);
    const DealingResult& perDocument =
        report.dealings[static_cast<std::size_t>(Dealing::PerDocument)];
    EXPECT_GT(perDocument.worst, 0.95);
}

TEST(Packing, LengthsAndPlacesAreReadAlike) {
    EXPECT_EQ(readDocumentLengths("a.txt", "4\n3\n9\n").value(),
              (std::vector<std::int64_t>{4, 3, 9}));
    EXPECT_EQ(readDocumentLengths("a.txt", "[0, 4, 7, 16]").value(),
              (std::vector<std::int64_t>{4, 3, 9}));
}

TEST(Packing, WhatIsNoLengthIsNamedByLineAndColumn) {
    const auto broken = readDocumentLengths("a.txt", "12\n7, x9\n");
    ASSERT_FALSE(broken.ok());
    EXPECT_EQ(broken.error().message,
              "a.txt:2:4: expected a number of tokens, from 0 on; got 'x9'");
    EXPECT_THAT(readDocumentLengths("a.txt", " \n").error().message,
                HasSubstr("holds no document"));
    const std::vector<std::int64_t> few = {10, 20};
    EXPECT_THAT(packDocuments(few, 64, 2).error().message,
                HasSubstr("fewer than one sequence of 64"));
}

}  // namespace
}  // namespace ringscope::test
