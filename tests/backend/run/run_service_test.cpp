#include "backend/run/run_service.h"

#include "backend/core/version.h"
#include "backend/plan/plan_hash.h"
#include "tests/backend/run/fakes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <csignal>

namespace ringscope {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::endsWhenStopped;
using test::exitsWell;
using test::FakeTransport;
using test::RecordingSink;
using test::saysAWholeRun;
using test::saysDone;
using test::saysHello;
using test::saysSteps;
using test::Script;
using test::smallRequest;
using test::stepOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int ranks = 2;
constexpr std::int64_t steps = 2;

class RunServiceTest : public ::testing::Test {
protected:
    RunServiceTest() { endsWhenStopped(script, ranks); }

    Result<RunRecord> execute() {
        FakeTransport transport(script);
        RunService service(transport, {&sink}, limits, script.clock());
        Result<RunRecord> run = service.execute(smallRequest(ranks, steps), stop.get_token());
        EXPECT_EQ(script.channelsOpen, 0);
        return run;
    }
    // The reason of a run that has to fail.
    std::string failure() {
        const RunRecord run = execute().value();
        EXPECT_EQ(run.status, RunStatus::Failed);
        return run.statusReason;
    }
    template <typename Command>
    std::vector<Command> sent() const {
        std::vector<Command> found;
        for (const AgentCommand& command : script.commands)
            if (const auto* one = std::get_if<Command>(&command)) found.push_back(*one);
        return found;
    }

    Script script;
    RecordingSink sink;
    RunLimits limits;
    std::stop_source stop;
};

TEST_F(RunServiceTest, KeepsWhatWasPredictedBeforeAnyRankIsStarted) {
    saysAWholeRun(script, ranks, steps);
    int asked = 0;
    RunRequest request = smallRequest(ranks, steps);
    request.predict = [&](const RunPlan& plan) -> Result<RunPrediction> {
        ++asked;
        EXPECT_EQ(plan.ranks, ranks);
        EXPECT_TRUE(script.commands.empty());
        return RunPrediction{.stepMs = 10, .processor = "a processor"};
    };
    FakeTransport transport(script);
    const RunRecord run =
        RunService(transport, {&sink}, limits, script.clock()).execute(request, {}).value();
    EXPECT_EQ(asked, 1);
    ASSERT_TRUE(run.prediction);
    EXPECT_EQ(run.prediction->stepMs, 10);
    EXPECT_EQ(run.unpredicted, "");
}

TEST_F(RunServiceTest, KnowsHowManyParametersTrain) {
    saysAWholeRun(script, ranks, steps);
    const RunRecord whole = execute().value();
    EXPECT_GT(whole.parameters, 0);
    EXPECT_EQ(whole.trainedParameters, whole.parameters);

    RunRequest request = smallRequest(ranks, steps);
    RunConfig adapted = request.plan.config;
    adapted.adapter = {.kind = AdapterKind::Lora, .rank = 2, .alpha = 4};
    request.plan = planRun(adapted).value();
    FakeTransport transport(script);
    const RunRecord run =
        RunService(transport, {&sink}, limits, script.clock()).execute(request, {}).value();
    EXPECT_EQ(run.parameters, whole.parameters);
    EXPECT_GT(run.trainedParameters, 0);
    EXPECT_LT(run.trainedParameters, run.parameters);
}

TEST_F(RunServiceTest, SaysWhyNothingWasPredicted) {
    saysAWholeRun(script, ranks, steps);
    RunRequest request = smallRequest(ranks, steps);
    request.predict = [](const RunPlan&) -> Result<RunPrediction> {
        return Error{ErrorCode::InvalidConfig, "it runs on GPUs"};
    };
    FakeTransport transport(script);
    const RunRecord run =
        RunService(transport, {&sink}, limits, script.clock()).execute(request, {}).value();
    EXPECT_EQ(run.status, RunStatus::Finished);
    EXPECT_EQ(run.prediction, std::nullopt);
    EXPECT_EQ(run.unpredicted, "it runs on GPUs");
}

TEST_F(RunServiceTest, DropsThePredictionOfAnotherProcessor) {
    script.says(AgentMachine{.facts = {.processor = "the new one"}});
    saysAWholeRun(script, ranks, steps);
    RunRequest request = smallRequest(ranks, steps);
    request.predict = [](const RunPlan&) -> Result<RunPrediction> {
        return RunPrediction{.stepMs = 10, .processor = "the old one"};
    };
    FakeTransport transport(script);
    const RunRecord run =
        RunService(transport, {&sink}, limits, script.clock()).execute(request, {}).value();
    EXPECT_EQ(run.prediction, std::nullopt);
    EXPECT_EQ(run.unpredicted,
              "it ran on the new one, and the old one was calibrated; run: ringscope calibrate");
}

TEST_F(RunServiceTest, FollowsAHealthyRunToItsEnd) {
    saysAWholeRun(script, ranks, steps);
    const RunRecord run = execute().value();
    EXPECT_EQ(run.status, RunStatus::Finished);
    EXPECT_EQ(run.statusReason, "");
    EXPECT_THAT(sink.told, ElementsAre("created", "starting", "running", "step 0", "step 1",
                                       "ended finished"));
    ASSERT_EQ(run.steps.size(), 2U);
    EXPECT_EQ(run.steps[1].loss, 4.9);
    EXPECT_EQ(run.steps[1].duration, milliseconds(11));
    ASSERT_EQ(run.rankRecords.size(), 2U);
    EXPECT_EQ(run.rankRecords[1].pid, 101);
    EXPECT_EQ(run.rankRecords[1].host, "localhost");
    EXPECT_EQ(run.rankRecords[1].exitCode, 0);
    EXPECT_EQ(peakMemory(run), Bytes{1'001});
    EXPECT_EQ(run.device, "cpu");
    EXPECT_EQ(run.versions, std::string("ringscope ") + version() + ", torch 2, gloo");
    EXPECT_GT(run.flopsPerStep, 0);
    EXPECT_FALSE(run.computation.empty());
}

TEST_F(RunServiceTest, StartsEveryRankWithItsPlaceAndTheConfiguration) {
    saysAWholeRun(script, ranks, steps);
    const RunRecord run = execute().value();
    const auto starts = sent<StartRanks>();
    ASSERT_EQ(starts.size(), 1U);
    EXPECT_EQ(starts[0].run, run.id);
    EXPECT_EQ(starts[0].program, "");
    EXPECT_EQ(starts[0].environment.at("OMP_NUM_THREADS"), "1");
    EXPECT_THAT(std::get<Training>(starts[0].job).configYaml, HasSubstr("seq_len: 64"));
    ASSERT_EQ(starts[0].ranks.size(), 2U);
    EXPECT_THAT(starts[0].ranks[1].arguments,
                ElementsAre("--run", run.id.text, "--rank", "1", "--world", "2", "--local-rank",
                            "1", "--address", "127.0.0.1"));
}

TEST_F(RunServiceTest, PassesOnThePortRankZeroPicked) {
    saysAWholeRun(script, ranks, steps);
    ASSERT_TRUE(execute().ok());
    const auto rendezvous = sent<Rendezvous>();
    ASSERT_EQ(rendezvous.size(), 1U);
    EXPECT_EQ(rendezvous[0].host, "127.0.0.1");
    EXPECT_EQ(rendezvous[0].port, 4242);
    EXPECT_THAT(sent<StopRanks>(), IsEmpty());
}

TEST_F(RunServiceTest, KeepsWhatRanksPrintAndLogBesideTheirEvents) {
    saysHello(script, ranks);
    script.says(RankPrinted{.rank = 1, .stream = "err", .line = "a warning"});
    script.says(RankSaid{RankLog{.rank = 0, .message = "loading"}});
    script.saysLine("the agent's own words");
    saysSteps(script, ranks, 0, steps);
    saysDone(script, ranks, steps);
    exitsWell(script, ranks);
    EXPECT_EQ(execute().value().status, RunStatus::Finished);
    EXPECT_THAT(sink.log, ElementsAre("1: a warning", "0: loading", "-1: the agent's own words"));
}

TEST_F(RunServiceTest, ARankEndedByASignalIsNamedWithIt) {
    saysHello(script, ranks);
    script.says(RankExited{.rank = 1, .signal = SIGKILL});
    const RunRecord run = execute().value();
    EXPECT_EQ(run.status, RunStatus::Failed);
    EXPECT_EQ(run.statusReason, "rank 1 was ended by SIGKILL");
    EXPECT_EQ(run.rankRecords[1].endedBy, "SIGKILL");
    EXPECT_EQ(run.rankRecords[1].exitCode, std::nullopt);
    EXPECT_EQ(sent<StopRanks>().size(), 1U);
    EXPECT_LT(script.elapsed(), seconds(1));
}

TEST_F(RunServiceTest, TheFirstFailureIsTheReason) {
    saysHello(script, ranks);
    script.says(RankSaid{RankError{.rank = 0, .message = "the loss is not a number"}});
    script.says(RankExited{.rank = 0, .code = 1});
    script.says(RankSaid{RankError{.rank = 1, .message = "connection closed by peer"}});
    script.says(RankExited{.rank = 1, .signal = SIGABRT});
    EXPECT_EQ(failure(), "rank 0: the loss is not a number");
}

TEST_F(RunServiceTest, ASuddenDeathIsTheReasonAlthoughAPeerReportedItsLossFirst) {
    saysHello(script, ranks);
    script.says(RankSaid{RankError{.rank = 0, .message = "connection closed by peer"}});
    script.passes(limits.settle / 2).says(RankExited{.rank = 1, .signal = SIGKILL});
    EXPECT_EQ(failure(), "rank 1 was ended by SIGKILL");
}

TEST_F(RunServiceTest, ARankThatEndsWithoutAReasonIsAFailure) {
    saysHello(script, ranks);
    script.says(RankExited{.rank = 1, .code = 7});
    EXPECT_THAT(
        failure(),
        HasSubstr("rank 1 ended with exit code 7 without saying why; `ringscope runs show "));
}

TEST_F(RunServiceTest, WhatARankSaidLastOnItsStandardErrorIsWhyItEnded) {
    saysHello(script, ranks);
    script.says(RankPrinted{.rank = 1, .stream = "err", .line = "libtorch_cpu.so: no such file"});
    script.says(RankPrinted{.rank = 1, .stream = "err", .line = "  "});
    script.says(RankPrinted{.rank = 1, .stream = "out", .line = "step 2"});
    script.says(RankExited{.rank = 1, .code = 127});
    EXPECT_EQ(failure(), "rank 1 ended with exit code 127: libtorch_cpu.so: no such file");
}

TEST_F(RunServiceTest, ARankThatTheKernelEndedForWantOfMemorySaysSo) {
    saysHello(script, ranks);
    script.says(RankExited{.rank = 1, .signal = SIGKILL, .wantOfMemory = true});
    EXPECT_EQ(failure(),
              "rank 1 was ended by SIGKILL, when memory ran out there; lower train.seq_len or the "
              "model, or use more ranks");
}

TEST_F(RunServiceTest, ARankThatEndsTooEarlyIsAFailureEvenWithExitCodeZero) {
    saysHello(script, ranks);
    saysSteps(script, ranks, 0, 1);
    script.says(RankExited{.rank = 1});
    EXPECT_EQ(failure(), "rank 1 ended before its work was done");
}

TEST_F(RunServiceTest, ARankThatIsDoneTooEarlyIsAFailure) {
    saysHello(script, ranks);
    saysSteps(script, ranks, 0, 1);
    saysDone(script, ranks, 1);
    EXPECT_EQ(failure(), "rank 0 was done after 1 of 2 steps");
}

TEST_F(RunServiceTest, RanksThatDisagreeOnALossAreAFailure) {
    saysHello(script, ranks);
    script.says(RankSaid{stepOf(0, 0, 5.0)}).says(RankSaid{stepOf(1, 0, 5.5)});
    EXPECT_EQ(failure(), "the ranks disagree on the loss of step 0: rank 0 has 5, rank 1 has 5.5");
    EXPECT_THAT(sink.final.at(0).steps, IsEmpty());
}

TEST_F(RunServiceTest, NamesTheRanksThatNeverSaidHello) {
    script.says(RankSaid{RankHello{.rank = 0, .pid = 1, .device = "cpu", .versions = ""}});
    EXPECT_EQ(failure(), "rank 1 said nothing within 1 min 0 s of the start");
    EXPECT_GE(script.elapsed(), limits.firstWord);
    EXPECT_LT(script.elapsed(), limits.firstWord + seconds(2));
}

TEST_F(RunServiceTest, NamesTheRankThatFellSilentAndItsStep) {
    saysHello(script, ranks);
    saysSteps(script, ranks, 0, 1);
    script.says(RankSaid{stepOf(0, 1, 4.9)});
    EXPECT_EQ(failure(), "rank 1 did not report step 1 within 10 min 0 s");
}

TEST_F(RunServiceTest, ARankThatDoesNotEndIsAFailure) {
    saysHello(script, ranks);
    saysSteps(script, ranks, 0, steps);
    saysDone(script, ranks, steps);
    script.says(RankExited{.rank = 0});
    EXPECT_EQ(failure(), "rank 1 did not end within 30.0 s of the last report");
}

TEST_F(RunServiceTest, DoesNotWaitForeverForRanksThatIgnoreTheStop) {
    script.onCommand = nullptr;
    saysHello(script, ranks);
    script.says(RankExited{.rank = 1, .signal = SIGSEGV});
    EXPECT_EQ(failure(), "rank 1 was ended by SIGSEGV");
    EXPECT_LT(script.elapsed(), limits.stopGrace + seconds(3));
    EXPECT_EQ(sent<StopRanks>().at(0).graceMs, 5'000);
}

TEST_F(RunServiceTest, AnAgentThatVanishesIsAFailure) {
    saysHello(script, ranks);
    script.closes();
    EXPECT_EQ(failure(), "the agent on localhost ended unexpectedly, and its ranks with it");
}

TEST_F(RunServiceTest, AnAgentThatCannotStartSaysWhy) {
    script.says(AgentError{"there is no program '/x'"}).closes();
    EXPECT_EQ(failure(), "there is no program '/x'");
    EXPECT_LT(script.elapsed(), seconds(1));
}

TEST_F(RunServiceTest, ATransportThatCannotOpenSaysWhy) {
    script.openFailure = "the host does not answer";
    EXPECT_EQ(failure(), "the host does not answer");
    EXPECT_THAT(sink.told, ElementsAre("created", "starting", "ended failed"));
}

TEST_F(RunServiceTest, AnAgentOfAnotherVersionIsRefused) {
    script.says(AgentHello{.host = "h", .pid = 1, .version = "9.9"});
    EXPECT_THAT(failure(), HasSubstr("is ringscope 9.9, this is"));
}

TEST_F(RunServiceTest, AnAgentThatSpeaksAnotherProtocolIsRefused) {
    script.saysLine(R"({"v":7,"type":"hello"})");
    EXPECT_THAT(failure(), HasSubstr("speaks protocol version 7, not 2"));
}

RankSaid helloWith(int rank, const std::string& plan) {
    return RankSaid{
        RankHello{.rank = rank, .pid = 1, .device = "cpu", .versions = "torch 2", .plan = plan}};
}

TEST_F(RunServiceTest, ARankThatPlansTheRunDifferentlyIsRefused) {
    script.says(RankStarted{.rank = 1, .pid = 7});
    script.says(helloWith(0, planHash(smallRequest(ranks, steps).plan)));
    script.says(helloWith(1, planHash(smallRequest(ranks, steps + 1).plan)));
    EXPECT_EQ(failure(),
              "rank 1 on localhost plans this run differently than the ringscope that started it; "
              "install the same build of ringscope on every host");
}

TEST_F(RunServiceTest, ARankThatPlansTheRunLikewiseTrains) {
    for (int rank = 0; rank < ranks; ++rank)
        script.says(helloWith(rank, planHash(smallRequest(ranks, steps).plan)));
    saysAWholeRun(script, ranks, steps);
    EXPECT_EQ(execute().value().status, RunStatus::Finished);
}

// A verification has no plan to compare.
TEST_F(RunServiceTest, ARankThatTellsNoPlanIsNotRefused) {
    script.says(helloWith(0, "")).says(helloWith(1, ""));
    saysAWholeRun(script, ranks, steps);
    EXPECT_EQ(execute().value().status, RunStatus::Finished);
}

TEST_F(RunServiceTest, AnAgentThatNamesAnUnknownRankIsRefused) {
    script.says(RankExited{.rank = 5});
    EXPECT_EQ(failure(), "the agent on localhost spoke of rank 5, but this run has 2 ranks");
}

TEST_F(RunServiceTest, AStopEndsTheRanksAndCancelsTheRun) {
    saysHello(script, ranks);
    saysSteps(script, ranks, 0, 1);
    script.onReceive = [&] {
        if (sink.told.back() == "step 0") stop.request_stop();
    };
    const RunRecord run = execute().value();
    EXPECT_EQ(run.status, RunStatus::Cancelled);
    EXPECT_THAT(sink.told, ElementsAre("created", "starting", "running", "step 0", "stopping",
                                       "ended cancelled"));
    EXPECT_EQ(sent<StopRanks>().size(), 1U);
    EXPECT_EQ(run.rankRecords[0].endedBy, "SIGTERM");
}

TEST_F(RunServiceTest, ACancelledRunNamesTheHostThatDidNotAnswer) {
    saysHello(script, ranks);
    saysSteps(script, ranks, 0, 1);
    script.onCommand = [](const AgentCommand&, Script&) {};  // as if it were frozen
    script.onReceive = [&] {
        if (sink.told.back() == "step 0") stop.request_stop();
    };
    const RunRecord run = execute().value();
    EXPECT_EQ(run.status, RunStatus::Cancelled);
    EXPECT_THAT(run.notes, Contains("localhost did not answer when the ranks were to stop: "
                                    "processes may be left there"));
}

TEST_F(RunServiceTest, AStopBeforeTheStartStartsNothing) {
    stop.request_stop();
    EXPECT_EQ(execute().value().status, RunStatus::Cancelled);
    EXPECT_THAT(script.commands, IsEmpty());
}

TEST_F(RunServiceTest, ARunWhoseResultsCannotBeKeptHasFailed) {
    for (const char* moment : {"created", "starting", "running", "step 0"}) {
        SCOPED_TRACE(moment);
        script = Script();
        endsWhenStopped(script, ranks);
        sink = RecordingSink();
        sink.failsAt = moment;
        saysHello(script, ranks);
        saysSteps(script, ranks, 0, 1);
        const Result<RunRecord> run = execute();
        ASSERT_FALSE(run.ok());
        EXPECT_EQ(run.error().message, "the disk is full");
        ASSERT_EQ(sink.final.size(), 1U);
        EXPECT_EQ(sink.final[0].status, RunStatus::Failed);
        EXPECT_EQ(sink.final[0].statusReason, "its results could not be kept: the disk is full");
    }
}

TEST_F(RunServiceTest, AFloodOfLinesHidesNeitherTheStopNorTheDeadline) {
    script.onReceive = [&] {
        script.says(RankPrinted{.rank = 0, .stream = "out", .line = "noise"});
        if (script.commands.size() == 1 && sink.log.size() == 1'000) stop.request_stop();
    };
    limits.stopGrace = milliseconds(0);
    script.onCommand = [](const AgentCommand& command, Script& agent) {
        if (std::holds_alternative<StopRanks>(command)) agent.onReceive = [] {};
        if (std::holds_alternative<StopRanks>(command)) agent.closes();
    };
    EXPECT_EQ(execute().value().status, RunStatus::Cancelled);
}

// --- any sequence of frames ends in exactly one final state ---------------------------------

AgentFrame arbitraryFrame() {
    const int rank = *rc::gen::weightedElement<int>({{10, 0}, {10, 1}, {1, 2}});
    const auto small = *rc::gen::inRange<std::int64_t>(0, 4);
    switch (*rc::gen::inRange(0, 10)) {
        case 0:
            return RankStarted{.rank = rank, .pid = small};
        case 1:
            return RankSaid{RankRendezvous{.rank = rank, .port = 1}};
        case 2:
            return RankSaid{RankHello{.rank = rank, .pid = 1, .device = "cpu", .versions = ""}};
        case 3:
        case 4:
            return RankSaid{stepOf(rank, small, 5)};
        case 5:
            return RankSaid{RankDone{.rank = rank, .steps = small}};
        case 6:
            return RankSaid{RankError{.rank = rank, .message = "error"}};
        case 7:
            return RankExited{.rank = rank, .code = static_cast<int>(small / 2)};
        case 8:
            return RankExited{.rank = rank, .signal = static_cast<int>(small)};
        default:
            return AgentError{"agent"};
    }
}

RC_GTEST_PROP(RunServiceProperty, AnySequenceOfFramesEndsInExactlyOneFinalState, ()) {
    Script script;
    RecordingSink sink;
    std::stop_source stop;
    const bool wholeRunFirst = *rc::gen::arbitrary<bool>();
    if (wholeRunFirst) saysHello(script, ranks);
    const auto count = *rc::gen::inRange(0, 20);
    for (int i = 0; i < count; ++i) script.says(arbitraryFrame());
    if (*rc::gen::arbitrary<bool>()) script.closes();
    auto untilStop = *rc::gen::inRange(0, 60);
    script.onReceive = [&] {
        if (untilStop-- == 0) stop.request_stop();
    };
    FakeTransport transport(script);
    RunService service(transport, {&sink}, {}, script.clock());

    const RunRecord run = service.execute(smallRequest(ranks, steps), stop.get_token()).value();
    RC_ASSERT(isFinal(run.status));
    RC_ASSERT(sink.final.size() == 1U);
    RC_ASSERT(sink.told.back() == "ended " + std::string(statusName(run.status)));
    RC_ASSERT(script.channelsOpen == 0);
    RC_ASSERT((run.status == RunStatus::Failed) == !run.statusReason.empty());
    if (run.status == RunStatus::Finished) RC_ASSERT(std::ssize(run.steps) == steps);
}

}  // namespace
}  // namespace ringscope
