#include "backend/report/text_table.h"

#include "backend/core/text.h"
#include "backend/report/wording.h"
#include "tests/backend/compare/sweep_runs.h"
#include "tests/backend/report/sample_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope::reporting {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TextTableOptions plain(int width) { return {.width = width, .colour = false, .unicode = false}; }

Comparison healthy() {
    return compareRuns({finishedRun("legacy", 100), finishedRun("ring", 80),
                        finishedRun("zigzag", 45), finishedRun("ulysses", 50)})
        .value();
}

TEST(TextTable, FitsTheUsualTerminalWithEveryColumn) {
    EXPECT_EQ(comparisonTable(healthy(), plain(80)),
              "mode     tokens/s  speed-up  step time  peak memory  sent/step    loss  parity\n"
              "legacy     10,000  baseline     100 ms      100 MiB   4.00 MiB  4.5000  same\n"
              "ring       12,500     1.2 x    80.0 ms      100 MiB   4.00 MiB  4.5000  same\n"
              "zigzag     22,222     2.2 x    45.0 ms      100 MiB   4.00 MiB  4.5000  same\n"
              "ulysses    20,000     2.0 x    50.0 ms      100 MiB   4.00 MiB  4.5000  same\n");
}

TEST(TextTable, SaysWhyAModeHasNoFiguresAndThatOneIsAnotherModel) {
    const std::string table = comparisonTable(sampleReport().comparison, plain(0));
    EXPECT_THAT(table, HasSubstr("\nring     did not finish: rank 1 was ended by SIGKILL\n"));
    EXPECT_THAT(table, HasSubstr("4.5000  NOT the same\n"));
    EXPECT_THAT(table, HasSubstr("2.2 x (2.1-2.2)"));
}

TEST(TextTable, OfASweepHasASectionForEachLengthAndNumberOfRanks) {
    const std::string table = comparisonTable(compareRuns(sweepRuns()).value(), plain(100));
    EXPECT_THAT(table, HasSubstr("\n\n1,024 tokens, 2 ranks\nlegacy "));
    EXPECT_THAT(table, HasSubstr("\n\n8,192 tokens, 4 ranks\nlegacy "));
    std::size_t baselines = 0;
    for (const std::string& line : split(table, '\n')) {
        EXPECT_LE(line.size(), 100U) << line;
        EXPECT_THAT(line, Not(HasSubstr("seq_len")));
        baselines += line.find("  baseline  ") != std::string::npos ? 1 : 0;
    }
    EXPECT_EQ(baselines, 8U) << "one denominator a section";
}

TEST(TextTable, NamesTheGroupThatRatiosAreOverWhereItStandsElsewhere) {
    const std::string table = comparisonTable(
        compareRuns({sweptRun("legacy", 1024, 2, 100), sweptRun("ring", 2048, 2, 300)}).value(),
        plain(0));
    EXPECT_THAT(table, HasSubstr("2,048 tokens; x is over legacy seq_len=1024\n"));
}

TEST(TextTable, ShowsTheSpreadOfRepeatsAlone) {
    const std::string table = comparisonTable(
        compareRuns({repeated(finishedRun("ring", 100), 0), repeated(finishedRun("ring", 95), 1)})
            .value(),
        plain(0));
    EXPECT_THAT(table, HasSubstr("10,263 (10,000-10,526)"));
    EXPECT_THAT(table, HasSubstr("97.5 ms (95.0 ms-100 ms)"));
}

TEST(TextTable, NeverGrowsWiderThanTheTerminal) {
    std::vector<RunRecord> runs = {finishedRun("legacy", 100), finishedRun("zigzag", 45)};
    runs[1].config.data.source = "/a/long/way/to/some/text/that/was/used/for/this/run.txt";
    for (int width = 36; width <= 200; ++width)
        for (const std::string& line :
             split(comparisonTable(compareRuns(runs).value(), plain(width)), '\n'))
            if (!line.starts_with("left out")) {
                EXPECT_LE(line.size(), static_cast<std::size_t>(width)) << line;
            }
}

TEST(TextTable, CutsALongReasonAtTheTerminalsEdge) {
    RunRecord ring = failedRun("ring");
    ring.statusReason = "rank 1 said: " + std::string(300, 'x');
    const std::string table =
        comparisonTable(compareRuns({finishedRun("legacy", 100), ring}).value(), plain(80));
    const std::string line = split(table, '\n').at(2);
    EXPECT_EQ(line.size(), 80U);
    EXPECT_THAT(line, testing::EndsWith("xxx~"));
}

TEST(TextTable, NamesTheColumnsThatDidNotFit) {
    const std::string table = comparisonTable(healthy(), plain(60));
    EXPECT_THAT(table, HasSubstr("left out for want of room: loss, sent/step\n"));
    EXPECT_THAT(table.substr(0, table.find('\n')), Not(HasSubstr("loss")));
    EXPECT_THAT(table, HasSubstr("tokens/s"));
}

TEST(TextTable, UsesColourOnlyWhereItIsAskedFor) {
    EXPECT_THAT(comparisonTable(healthy(), {}), Not(HasSubstr("\x1b")));
    EXPECT_THAT(comparisonTable(healthy(), {.width = 0, .colour = true}),
                HasSubstr("\x1b[32msame\x1b[0m"));
}

TEST(TextTable, ShowsTheModesMarkers) {
    const std::string table = comparisonTable(healthy(), {});
    EXPECT_THAT(table, HasSubstr("■ legacy"));
    EXPECT_THAT(table, HasSubstr("◆ zigzag"));
}

TEST(TextTable, LetsNoNameMoveTheCursor) {
    const std::string table = comparisonTable(hostileReport().comparison, {});
    EXPECT_THAT(table, Not(HasSubstr("\x1b")));
    EXPECT_EQ(split(table, '\n').size(), 8U);  // header, two sections of three lines, the end
}

TEST(AsciiOnly, RespellsWhatItKnowsAndMarksTheRest) {
    EXPECT_EQ(asciiOnly("2.2 × legacy (1.9–2.4) 5 µs é"), "2.2 x legacy (1.9-2.4) 5 us ?");
}

TEST(ComparisonText, HasTheVerdictAndTheWarningsBelowTheTable) {
    Comparison comparison = healthy();
    comparison.verdict = "zigzag is 2.2 times as fast";
    comparison.warnings = {"one run of each", "a \x1b[31mred one"};
    EXPECT_EQ(comparisonText(comparison, plain(80)),
              comparisonTable(comparison, plain(80)) +
                  "\nzigzag is 2.2 times as fast\nnote: one run of each\n"
                  "note: a \xEF\xBF\xBD[31mred one\n");
}

}  // namespace
}  // namespace ringscope::reporting
