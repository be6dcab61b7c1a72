#include "backend/migration/line_diff.h"

#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::HasSubstr;

TEST(UnifiedDiff, OfEqualTextsIsEmpty) {
    EXPECT_EQ(unifiedDiff("a", "x\ny\n", "b", "x\ny\n"), "");
    EXPECT_EQ(unifiedDiff("a", "", "b", ""), "");
}

TEST(UnifiedDiff, ShowsAChangeWithThreeLinesAroundIt) {
    EXPECT_EQ(
        unifiedDiff("a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "b", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
        "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(UnifiedDiff, SplitsDistantChangesIntoHunks) {
    std::string before;
    for (int i = 1; i <= 40; ++i) before += std::to_string(i) + "\n";
    std::string after = "0\n" + before + "41\n";
    EXPECT_EQ(unifiedDiff("a", before, "b", after),
              "--- a\n+++ b\n@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n"
              "@@ -38,3 +39,4 @@\n 38\n 39\n 40\n+41\n");
}

TEST(UnifiedDiff, OfAnEmptyAndAFullTextCountsFromZero) {
    EXPECT_EQ(unifiedDiff("a", "", "b", "x\n"), "--- a\n+++ b\n@@ -0,0 +1,1 @@\n+x\n");
}

TEST(UnifiedDiff, OfLongTextsThatShareNothingIsStillMade) {
    std::string before;
    std::string after;
    for (int i = 0; i < 5000; ++i) {
        before += "a" + std::to_string(i) + "\n";
        after += "b" + std::to_string(i) + "\n";
    }
    const std::string diff = unifiedDiff("a", before, "b", after);
    EXPECT_EQ(std::count(diff.begin(), diff.end(), '\n'), 3 + 5000 + 5000);
}

TEST(CorrespondingLines, StandOldAboveNewWithBothPlaces) {
    const MigrationInput input = fixture("base_zigzag.yaml");
    const Migration migration = migrated(input, defaultAnswers);
    const std::string lines = correspondingLines(input, migration);
    const int newLine = verdictOn(migration, "cutoff_len").newLine;
    EXPECT_THAT(lines, HasSubstr("base_zigzag.yaml:11 -> experiment:" + std::to_string(newLine) +
                                 " @@\n-cutoff_len: 128000\n+  seq_len: 128000"));
    EXPECT_THAT(lines, HasSubstr("zero3.json:5 -> experiment:"));
    EXPECT_EQ(lines.find("-ddp_timeout"), std::string::npos) << "a dropped key has no line";
}

}  // namespace
}  // namespace ringscope
