#include "ui/models/trace_choice.h"

#include "tests/ui/sample.h"

#include <gtest/gtest.h>

namespace ringscope::ui {
namespace {

RunRecord runOf(const std::string& id, RunStatus status = RunStatus::Finished) {
    RunRecord run = test::finishedRun(id, "ring", 100);
    run.status = status;
    return run;
}

std::vector<std::string> placesOf(const std::vector<TraceChoice>& choices) {
    std::vector<std::string> places;
    for (const TraceChoice& choice : choices) places.push_back(choice.place.string());
    return places;
}

const RecordedTraces recorded{.root = "/store/traces", .runs = {"a", "b", "c"}};

TEST(TraceChoices, AreTheRunsWithATraceInTheOrderGivenAndReferencesLast) {
    RunRecord reference = runOf("a");
    reference.reference = true;
    EXPECT_EQ(placesOf(traceChoices(recorded, {reference, runOf("b"), runOf("d"), runOf("c")}, {})),
              (std::vector<std::string>{"/store/traces/b", "/store/traces/c", "/store/traces/a"}));
}

TEST(TraceChoices, BeginWithWhatWasOpenedByHand) {
    const auto choices = traceChoices(recorded, {runOf("a")}, "/elsewhere/t");
    EXPECT_EQ(placesOf(choices), (std::vector<std::string>{"/elsewhere/t", "/store/traces/a"}));
    EXPECT_EQ(choices[0].words, QStringLiteral("Opened: /elsewhere/t"));
    EXPECT_FALSE(choices[0].live);
}

TEST(TraceChoices, DoNotListARunTwiceWhoseFolderWasOpenedByHand) {
    EXPECT_EQ(placesOf(traceChoices(recorded, {runOf("a")}, "/store/traces/a")),
              (std::vector<std::string>{"/store/traces/a"}));
}

TEST(TraceChoices, NameARunItsRanksAndItsStart) {
    const auto choices = traceChoices(recorded, {runOf("a")}, {});
    EXPECT_TRUE(choices[0].words.startsWith(QStringLiteral("sample/ring · 2 ranks · ")))
        << choices[0].words.toStdString();
}

TEST(TraceChoices, OfNothingAreNone) {
    EXPECT_TRUE(traceChoices({}, {}, {}).empty());
    EXPECT_TRUE(traceChoices({.root = "/store/traces", .runs = {}}, {runOf("a")}, {}).empty());
}

TEST(TraceChoices, AreReadOnceAndAgainWhenTheirRunHasEnded) {
    const auto of = [](const char* id, RunStatus status) {
        return traceChoices(recorded, {runOf(id, status)}, {}).front();
    };
    const TraceChoice running = of("a", RunStatus::Running);
    const TraceChoice ended = of("a", RunStatus::Finished);
    EXPECT_TRUE(mustRead(running, std::nullopt));
    EXPECT_FALSE(mustRead(running, running));
    EXPECT_TRUE(mustRead(ended, running));
    EXPECT_FALSE(mustRead(ended, ended));
    EXPECT_TRUE(mustRead(of("b", RunStatus::Finished), ended));
}

}  // namespace
}  // namespace ringscope::ui
