// Whatever bytes a file, a variable or an option holds: reading ends, soon, with an experiment or
// with problems. Sanitizers watch while it does.
#include "tests/backend/config/random_config.h"
#include "tests/backend/config/reading.h"

#include "backend/config/field_table.h"
#include "backend/config/value_text.h"

#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

const std::string sample =
    "name: sample\nmodel: &m {preset: tiny, layers: 2}\ntrain:\n  steps: 12 # many\n  lr: 1.0e-3\n"
    "attention:\n  window: null\nparallel: {mode: 'ring', comm_buffer_limit: 512MiB}\n"
    "profile: {steps: [3, 6]}\nlaunch: {hosts: [\"a\", b]}\nrepeat: 2\n"
    "matrix:\n  parallel.mode: [ring, zigzag]\n  train.seed: &s [1, 2]\n  train.batch: *s\n"
    "baseline: {parallel.mode: ring}\n";

// Problems can be printed, and an experiment without any is ready to be expanded.
void expectSaneReading(const ExperimentReading& reading) {
    for (const ConfigProblem& problem : reading.problems) {
        RC_ASSERT(!problem.where.empty());
        RC_ASSERT(!problem.message.empty());
        RC_ASSERT(isPrintable(problem.message));
    }
    if (!reading.ok()) return;
    const std::vector<ExpandedRun> runs = expandRuns(reading.experiment);
    RC_ASSERT(!runs.empty());
    RC_ASSERT(runs.front().config == reading.experiment.base);
}

rc::Gen<std::string> anyBytes() { return rc::gen::arbitrary<std::string>(); }

// Pieces that mean something to a YAML parser, in any order.
rc::Gen<std::string> yamlSoup() {
    const auto piece = rc::gen::element<std::string>(
        "a", "model", "layers", "1", ": ", ":", "- ", "[", "]", "{", "}", ", ", "\n", "\n  ",
        "\n\t", "#", " #", "'", "\"", "|\n", ">\n", "&a ", "*a", "!!str ", "! ", "<<", "?", "? ",
        "---\n", "...\n", "%YAML 1.2\n", "%TAG ! x\n", "~", "\\x", "\\u", "\r\n", "\xef\xbb\xbf",
        "é", "\xff");
    const auto joined = [](const std::vector<std::string>& pieces) {
        std::string text;
        for (const std::string& each : pieces) text += each;
        return text;
    };
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), joined);
}

RC_GTEST_PROP(Robustness, AnyBytesAsAFileEndInAReading, ()) {
    expectSaneReading(readText(*anyBytes()));
}

RC_GTEST_PROP(Robustness, AnyYamlPiecesAsAFileEndInAReading, ()) {
    expectSaneReading(readText(*yamlSoup()));
}

RC_GTEST_PROP(Robustness, AGoodFileWithDamageEndsInAReading, ()) {
    std::string text = sample;
    const int splinters = *rc::gen::inRange(1, 4);
    for (int i = 0; i < splinters; ++i) {
        const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
        const auto length = *rc::gen::inRange<std::size_t>(0, 12);
        text.replace(at, length,
                     *rc::gen::oneOf(yamlSoup(), anyBytes(), rc::gen::just(std::string())));
    }
    expectSaneReading(readText(text));
}

RC_GTEST_PROP(Robustness, AnyValueOfAnyFieldIsSetOrRefused, ()) {
    const std::string text = *rc::gen::oneOf(anyBytes(), anyLine(), yamlSoup());
    for (const Field& field : fieldTable()) {
        RunConfig config;
        const Result<void> set = field.set(config, text);
        if (set.ok()) {
            RC_ASSERT(field.set(config, field.get(config)).ok());
        } else {
            RC_ASSERT(config == RunConfig{});
            RC_ASSERT(isPrintable(set.error().message));
        }
    }
}

RC_GTEST_PROP(Robustness, AnyVariablesAndOptionsEndInAReading, ()) {
    const std::string path = *rc::gen::element<std::string>("train.steps", "model.preset",
                                                            "parallel.mode", "repeat", "name", "");
    expectSaneReading(readText(
        sample, {*anyBytes(), path + "=" + *anyBytes()},
        {{"RINGSCOPE_" + *anyBytes(), *anyBytes()}, {"RINGSCOPE_TRAIN__STEPS", *anyLine()}}));
}

// Each of these once made some YAML reader quadratic, exponential or overflow its stack.
TEST(Robustness, HostileFilesAreRefusedInTime) {
    const std::size_t size = std::size_t{1} << 18;
    const auto filled = [&](std::string_view piece) {
        std::string text;
        while (text.size() + piece.size() <= size) text += piece;
        return text;
    };
    for (const char* piece : {"[", "{", "- ", "? ", "&a ", "[[],", "a: ", "- - - -\n", "!a ", "'",
                              "\"\\", "{a: ", "a,", "*a\n", "-\n", "a\n", ": ", "|\n"}) {
        const ExperimentReading reading = readText(filled(piece));
        EXPECT_FALSE(reading.ok()) << piece;
    }
}

TEST(Robustness, ALongListInOneLineIsReadInTime) {
    std::string text = "matrix: {train.seed: [0";
    for (int seed = 1; seed < 10'000; ++seed) text += ", " + std::to_string(seed);
    const Experiment experiment = experimentOf(text + "]}\n");
    EXPECT_EQ(expandRuns(experiment).size(), 10'000U);
}

}  // namespace
}  // namespace ringscope
