#include "backend/sink/json_lines.h"

#include "backend/core/files.h"
#include "tests/backend/sink/events.h"

#include <gtest/gtest.h>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using test::eventOf;
using test::smallRun;
using test::stepOf;

nlohmann::json parsed(const RunEvent& event) {
    const std::string line = jsonLine(event);
    EXPECT_EQ(line.find('\n'), line.size() - 1) << "an event is one line";
    return nlohmann::json::parse(line);
}

TEST(JsonLines, SayWhatRunItIsAndHowItIsSet) {
    const nlohmann::json began = parsed(eventOf(RunEvent::Kind::Began, smallRun()));
    EXPECT_EQ(began["event"], "began");
    EXPECT_EQ(began["run"], "0123456789abcdef");
    EXPECT_EQ(began["name"], "demo/zigzag \"two\"");
    EXPECT_EQ(began["mode"], "zigzag");
    EXPECT_EQ(began["ranks"], 2);
    EXPECT_EQ(began["time_us"], 1'500'000);
    EXPECT_EQ(began["config"]["train.steps"], "10");
}

TEST(JsonLines, HaveTheFiguresOfAStep) {
    const nlohmann::json step = parsed(eventOf(RunEvent::Kind::Step, smallRun(), stepOf(3)));
    EXPECT_EQ(step["event"], "step");
    EXPECT_EQ(step["step"], 3);
    EXPECT_EQ(step["loss"], 2.5);
    EXPECT_EQ(step["step_ms"], 40.0);
    EXPECT_EQ(step["tokens_per_s"], 51'200.0);
    EXPECT_FALSE(step.contains("config"));
}

TEST(JsonLines, HaveNullWhereANumberIsNone) {
    const StepRecord broken = stepOf(0, std::numeric_limits<double>::quiet_NaN());
    EXPECT_TRUE(parsed(eventOf(RunEvent::Kind::Step, smallRun(), broken))["loss"].is_null());
}

TEST(JsonLines, HaveAValidation) {
    RunEvent event = eventOf(RunEvent::Kind::Validation, smallRun());
    event.validation = ValidationRecord{.step = 9, .loss = 0.0, .tokens = 4096};
    const nlohmann::json validation = parsed(event);
    EXPECT_EQ(validation["event"], "validation");
    EXPECT_EQ(validation["step"], 9);
    EXPECT_EQ(validation["perplexity"], 1.0);
    EXPECT_EQ(validation["tokens"], 4096);
}

TEST(JsonLines, SayHowTheRunEnded) {
    RunRecord run = smallRun();
    run.status = RunStatus::Failed;
    run.statusReason = "rank 1 was ended by SIGKILL";
    run.summary.emplace();
    run.summary->steps = 4;
    run.summary->finalLoss = 1.25;
    const nlohmann::json ended = parsed(eventOf(RunEvent::Kind::Ended, run));
    EXPECT_EQ(ended["status"], "failed");
    EXPECT_EQ(ended["reason"], "rank 1 was ended by SIGKILL");
    EXPECT_EQ(ended["steps"], 4);
    EXPECT_EQ(ended["final_loss"], 1.25);
    EXPECT_TRUE(ended["peak_bytes"].is_null()) << "unknown is never 0";
}

TEST(JsonLines, AreAppendedToWhatStandsInAFile) {
    const auto file = std::filesystem::path(::testing::TempDir()) / RunId::random().text;
    std::ofstream(file) << "mine\n";
    const RunEvent event = eventOf(RunEvent::Kind::Step, smallRun(), stepOf(1));
    {
        const auto writer = openJsonFile(file);
        ASSERT_TRUE(writer.ok());
        ASSERT_TRUE((*writer)->write(event).ok());
    }
    EXPECT_EQ(readFile(file).value(), "mine\n" + jsonLine(event));
    std::filesystem::remove(file);
}

TEST(JsonLines, OfAFileThatCannotBeWrittenAreRefused) {
    const auto writer = openJsonFile("/nowhere/steps.jsonl");
    ASSERT_FALSE(writer.ok());
    EXPECT_EQ(writer.error().message,
              "cannot write '/nowhere/steps.jsonl': No such file or directory");
}

}  // namespace
}  // namespace ringscope
