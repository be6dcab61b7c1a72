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

TEST(ModeAliases, OfTheRingAttentionClassesSetWhatTheseStoodFor) {
    const ExperimentReading curve = readText("parallel: {mode: hilbert}\n");
    EXPECT_EQ(curve.experiment.base.parallel.mode, "zigzag");
    EXPECT_EQ(curve.experiment.base.parallel.tokenOrder, TokenOrder::Hilbert);
    EXPECT_THAT(
        warningsOf(curve),
        ElementsAre("t.yaml:1:18: parallel.mode: 'hilbert' is an old name; write zigzag and "
                    "parallel.token_order hilbert"));

    const RunConfig sparse = readText("parallel: {mode: block-sparse}\n").experiment.base;
    EXPECT_EQ(sparse.attention.pattern.kind, PatternKind::BlockSparse);
    EXPECT_EQ(sparse.attention.pattern.local, 4);

    const ExperimentReading shared = readText("parallel: {mode: distributed}\n");
    EXPECT_EQ(shared.experiment.base.memory.zero, 3);
    EXPECT_EQ(shared.experiment.base.launch.retries, 3);
    EXPECT_THAT(warningsOf(shared), ElementsAre(HasSubstr("write zigzag and preset large_scale"),
                                                HasSubstr("checkpoint.every (100) is more than")));
    EXPECT_EQ(readText("parallel: {mode: standard}\n").experiment.base.parallel.mode, "zigzag");

    // What is written counts more.
    const RunConfig written =
        readText("parallel: {mode: distributed}\nmemory: {zero: 1}\n").experiment.base;
    EXPECT_EQ(written.memory.zero, 1);
    EXPECT_EQ(written.launch.retries, 3);
}

TEST(FilePresets, GiveWhatNobodyWroteAndSayWhereItIsFrom) {
    for (const FilePreset& preset : filePresets()) {
        const ExperimentReading reading = readText("preset: " + std::string(preset.name) + "\n");
        EXPECT_THAT(problemsOf(reading), IsEmpty()) << preset.name;
        for (const PresetValue& value : preset.values) {
            const Field& field = *findField(value.path);
            RunConfig wanted;
            ASSERT_TRUE(field.set(wanted, value.value).ok()) << value.path;
            EXPECT_EQ(field.get(reading.experiment.base), field.get(wanted)) << value.path;
            EXPECT_EQ(reading.experiment.origins.at(std::string(value.path)),
                      "preset " + std::string(preset.name));
            EXPECT_NE(field.get(wanted), field.get(RunConfig{})) << value.path;
        }
    }
    const ExperimentReading typed =
        readText("launch: {retries: 1}\n", {"preset=production", "checkpoint.every=7"});
    EXPECT_EQ(typed.experiment.base.checkpoint.every, 7);
    EXPECT_TRUE(typed.experiment.base.checkpoint.atEnd);
}

TEST(FilePresets, AreRefusedByNameWhereThereIsNone) {
    EXPECT_THAT(problemsOf(readText("preset: produktion\n")),
                ElementsAre("t.yaml:1:9: preset: expected one of none, alst, development, "
                            "production, large_scale; got 'produktion'; did you mean "
                            "'production'?"));
    EXPECT_THAT(problemsOf(readText("preset: [alst]\n")),
                ElementsAre("t.yaml:1:9: preset: expected one word; got a list"));
    EXPECT_THAT(problemsOf(readText("", {"preset=fast"})),
                ElementsAre(HasSubstr("--set preset: expected one of none, alst")));
}

TEST(ModeAliases, SayNothingAboutOtherFieldsOfThatName) {
    const ExperimentReading reading = readText("name: zigzag-ring\ndata: {source: p2p}\n");
    EXPECT_THAT(warningsOf(reading), IsEmpty());
    EXPECT_EQ(reading.experiment.base.data.source, "p2p");
}

}  // namespace
}  // namespace ringscope
