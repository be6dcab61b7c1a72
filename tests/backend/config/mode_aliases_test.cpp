#include "backend/config/mode_aliases.h"

#include "backend/config/field_table.h"
#include "tests/backend/config/reading.h"

#include <gmock/gmock.h>
#include <algorithm>

namespace ringscope {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Lines warningsOf(const ExperimentReading& reading) {
    Lines lines;
    for (const ConfigProblem& warning : reading.warnings) lines.push_back(warning.text());
    return lines;
}

TEST(ModeAliases, StandForModesAndAreNotModesThemselves) {
    const std::vector<std::string>& modes = findField("parallel.mode")->choices;
    for (const ModeAlias& alias : modeAliases()) {
        EXPECT_THAT(modes, testing::Not(Contains(std::string(alias.old)))) << alias.old;
        EXPECT_TRUE(modes.end() != std::ranges::find(modes, alias.now)) << alias.old;
        EXPECT_FALSE(alias.meaning.empty()) << alias.old;
    }
}

TEST(ModeAliases, AreReadAsTheModeWithAWarningThatNamesTheNewSpelling) {
    const ExperimentReading reading = readText("parallel:\n  mode: zigzag-ring\n");
    EXPECT_THAT(problemsOf(reading), IsEmpty());
    EXPECT_EQ(reading.experiment.base.parallel.mode, "zigzag");
    EXPECT_THAT(
        warningsOf(reading),
        ElementsAre("t.yaml:2:9: parallel.mode: 'zigzag-ring' is an old name; write zigzag"));
}

TEST(ModeAliases, AreReadInMatrixBaselineEnvironmentAndCommandLine) {
    const ExperimentReading matrix = readText(
        "matrix: {parallel.mode: [p2p, Deepspeed-ALST]}\nbaseline: {parallel.mode: zigzag-ring}\n");
    EXPECT_THAT(problemsOf(matrix), IsEmpty());
    EXPECT_THAT(matrix.experiment.matrix.at(0).values, ElementsAre("zigzag", "ulysses"));
    EXPECT_EQ(warningsOf(matrix).size(), 4U);  // one says what the axis does not set

    const ExperimentReading typed =
        readText("", {"parallel.mode=a2a"}, {{"RINGSCOPE_PARALLEL__MODE", "basic"}});
    EXPECT_EQ(typed.experiment.base.parallel.mode, "ulysses");
    EXPECT_THAT(warningsOf(typed),
                ElementsAre(HasSubstr("RINGSCOPE_PARALLEL__MODE"), HasSubstr("write ulysses")));
}

TEST(ModeAliases, SayNothingAboutOtherFieldsOfThatName) {
    const ExperimentReading reading = readText("name: zigzag-ring\ndata: {source: p2p}\n");
    EXPECT_THAT(warningsOf(reading), IsEmpty());
    EXPECT_EQ(reading.experiment.base.data.source, "p2p");
}

}  // namespace
}  // namespace ringscope
