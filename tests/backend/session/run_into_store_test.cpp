#include "backend/session/run_into_store.h"

#include "backend/trace/trace_files.h"
#include "tests/backend/run/fakes.h"
#include "tests/backend/store/store_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <fstream>
#include <functional>
#include <utility>

namespace ringscope::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The scripted agent's transport; a test looks at the world when a host is made ready.
class WatchedTransport final : public Transport {
public:
    explicit WatchedTransport(Script& script) : fake_(script) {}
    std::string_view name() const override { return fake_.name(); }
    Result<void> preflight(const HostSpec&) override { return onPreflight(); }
    Result<std::unique_ptr<AgentChannel>> open(const HostSpec& host) override {
        return fake_.open(host);
    }

    std::function<Result<void>()> onPreflight = [] { return Result<void>(); };

private:
    FakeTransport fake_;
};

// Modes in their order into a store of the test's own; every run is healthy but the one whose
// number is `failing`.
class RunIntoStore : public StoreTest {
protected:
    RunIntoStore() : transport(script) {
        script.onCommand = [this](const AgentCommand& command, Script& agent) {
            const auto* start = std::get_if<StartRanks>(&command);
            if (start == nullptr) return;
            const int ranks = static_cast<int>(start->ranks.size());
            if (failing == started++) {
                saysHello(agent, ranks);
                for (int rank = ranks - 1; rank >= 0; --rank)
                    agent.says(RankExited{.rank = rank, .code = 3});
            } else {
                saysAWholeRun(agent, ranks, 2);
            }
        };
    }

    static Experiment experimentOf(std::vector<std::string> modes) {
        Experiment experiment;
        experiment.name = "e";
        experiment.base.train.steps = 2;
        experiment.base.train.seqLen = 64;
        experiment.matrix = {{.path = "parallel.mode", .values = std::move(modes)}};
        return experiment;
    }

    SessionEnd run(std::vector<std::string> modes) {
        return runIntoStore(experimentOf(std::move(modes)), file(),
                            {.transport = transport,
                             .watchers = {&watcher},
                             .caution = {},
                             .compared = compared,
                             .clock = script.clock()},
                            reference, stop.get_token());
    }

    std::vector<RunStatus> statusesInStore() {
        std::vector<RunStatus> statuses;
        const std::vector<RunRecord> runs = open(Access::ReadOnly)->list({}).value();
        for (const RunRecord& run : runs) statuses.push_back(run.status);
        return statuses;  // newest first
    }

    Script script;
    WatchedTransport transport;
    RecordingSink watcher;
    std::function<void(const RunRecord&)> compared;
    std::stop_source stop;
    bool reference = true;
    int started = 0;
    int failing = -1;
};

TEST_F(RunIntoStore, KeepsEveryRunWithItsParity) {
    const SessionEnd end = run({"none", "ring"});
    ASSERT_TRUE(end.outcome.ok());
    EXPECT_EQ(end.step, SessionStep::Runs);
    EXPECT_FALSE(end.outcome->cancelled);
    ASSERT_EQ(end.outcome->runs.size(), 2U);
    const auto store = open(Access::ReadOnly);
    for (const RunRecord& run : end.outcome->runs) {
        const RunRecord kept = store->load(run.id).value();
        EXPECT_EQ(kept.status, RunStatus::Finished);
        ASSERT_TRUE(kept.parity) << kept.name;
        EXPECT_EQ(kept.parity->reference, end.outcome->runs[0].id);
    }
}

TEST_F(RunIntoStore, EveryRunIsPredictedWhereThisMachineIsCalibratedItsReferenceToo) {
    Experiment experiment = experimentOf({"ring"});
    experiment.base.train.precision = NumberFormat::Bf16;  // of which the machine has rates
    const SessionEnd end = runIntoStore(experiment, file(),
                                        {.transport = transport,
                                         .machine = [] { return findMachine("h100-8x"); },
                                         .clock = script.clock()},
                                        true, stop.get_token());
    ASSERT_TRUE(end.outcome.ok()) << end.outcome.error().message;
    const std::vector<RunRecord> runs = open(Access::ReadOnly)->list({}).value();
    ASSERT_EQ(runs.size(), 2U);
    for (const RunRecord& run : runs) {
        ASSERT_TRUE(run.prediction) << run.name << ": " << run.unpredicted;
        EXPECT_GT(run.prediction->stepMs, 0) << run.name;
    }
    EXPECT_NE(runs[0].prediction->stepMs, runs[1].prediction->stepMs);
}

TEST_F(RunIntoStore, NothingIsPredictedWhereThisMachineIsNotCalibrated) {
    const Experiment experiment = experimentOf({"ring"});
    const SessionEnd end = runIntoStore(experiment, file(),
                                        {.transport = transport,
                                         .machine = []() -> Result<Machine> {
                                             return Error{ErrorCode::NotFound, "not calibrated"};
                                         },
                                         .clock = script.clock()},
                                        false, stop.get_token());
    ASSERT_TRUE(end.outcome.ok());
    const RunRecord run = open(Access::ReadOnly)->list({}).value().front();
    EXPECT_EQ(run.prediction, std::nullopt);
    EXPECT_EQ(run.unpredicted, "");
}

TEST_F(RunIntoStore, TouchesNothingWhereARunCannotBePlanned) {
    transport.onPreflight = []() -> Result<void> {
        ADD_FAILURE() << "a host was made ready";
        return {};
    };
    Experiment experiment = experimentOf({"zigzag", "ulysses"});
    experiment.base.debug.slowRank = 99;
    const SessionEnd end =
        runIntoStore(experiment, file(), {.transport = transport}, true, stop.get_token());
    ASSERT_FALSE(end.outcome.ok());
    EXPECT_EQ(end.step, SessionStep::Plan);
    EXPECT_EQ(end.outcome.error().code, ErrorCode::InvalidConfig);
    EXPECT_THAT(filesOf(folder()), IsEmpty());
}

TEST_F(RunIntoStore, ARunThatCannotWorkIsRefusedAndStopsNoOther) {
    Experiment experiment = experimentOf({"ring", "ulysses"});
    experiment.base.model.heads = 6;
    experiment.base.model.kvHeads = 6;
    experiment.base.model.hiddenSize = 48;
    experiment.base.parallel.sp = 4;
    std::size_t expected = 0;
    std::vector<std::string> said;
    const SessionEnd end = runIntoStore(experiment, file(),
                                        {.transport = transport,
                                         .planned =
                                             [&](const ExperimentPlan& plan) {
                                                 expected = plan.requests.size();
                                                 said = refusalSentences(plan);
                                             },
                                         .clock = script.clock()},
                                        /*reference=*/false, stop.get_token());
    ASSERT_TRUE(end.outcome.ok());
    EXPECT_EQ(expected, 1U);
    EXPECT_THAT(said, ElementsAre(HasSubstr("1 of 2 runs cannot work (ulysses): ")));
    ASSERT_EQ(end.outcome->runs.size(), 1U);
    EXPECT_EQ(end.outcome->runs[0].status, RunStatus::Finished);
    ASSERT_EQ(end.outcome->refused.size(), 1U);
    EXPECT_EQ(end.outcome->refused[0].mode, "ulysses");
    EXPECT_THAT(statusesInStore(), ElementsAre(RunStatus::Finished));
}

TEST_F(RunIntoStore, WritesNothingBeforeEveryHostIsReady) {
    transport.onPreflight = [this]() -> Result<void> {
        EXPECT_THAT(filesOf(folder()), IsEmpty());
        return Error{ErrorCode::Unavailable, "there is no ringscope-rank here"};
    };
    const SessionEnd end = run({"ring"});
    ASSERT_FALSE(end.outcome.ok());
    EXPECT_EQ(end.step, SessionStep::Hosts);
    EXPECT_EQ(end.outcome.error().message, "there is no ringscope-rank here");
    EXPECT_THAT(filesOf(folder()), IsEmpty());
}

TEST_F(RunIntoStore, StartsNothingWhereTheDataCannotBeRead) {
    const test::TemporaryFolder data;
    const std::string path = (data.path() / "a.jsonl").string();
    std::ofstream(path) << "{\"text\": \"mill\"}\n{\"text\": }\n";
    Experiment experiment = experimentOf({"ring", "zigzag"});
    experiment.base.data.source = path;
    int read = 0;
    const SessionEnd end =
        runIntoStore(experiment, file(),
                     {.transport = transport, .reading = [&](const ReadingProgress&) { ++read; }},
                     true, stop.get_token());
    ASSERT_FALSE(end.outcome.ok());
    EXPECT_EQ(end.step, SessionStep::Data);
    EXPECT_EQ(end.outcome.error().code, ErrorCode::InvalidConfig);
    EXPECT_THAT(end.outcome.error().message,
                ::testing::StartsWith("data.source: " + path + ":2:10: "));
    EXPECT_EQ(read, 1);
    EXPECT_THAT(script.commands, IsEmpty());
    EXPECT_THAT(filesOf(folder()), IsEmpty());
}

TEST_F(RunIntoStore, StartsNothingWhereTheStoreCannotBeOpened) {
    std::ofstream(file()) << "not a database, and longer than a header would be";
    const SessionEnd end = run({"ring"});
    ASSERT_FALSE(end.outcome.ok());
    EXPECT_EQ(end.step, SessionStep::Store);
    EXPECT_EQ(end.outcome.error().code, ErrorCode::Corrupt);
    EXPECT_THAT(script.commands, IsEmpty());
}

TEST_F(RunIntoStore, MarksTheRunsOfAProgramThatIsGoneBeforeItStartsItsOwn) {
    const RunRecord old = newRun();
    const pid_t child = ::fork();
    if (child == 0) {
        if (!open()->created(old).ok()) ::_exit(1);
        ::raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));

    std::vector<RunStatus> atFirstStart;
    const auto asUsual = script.onCommand;
    script.onCommand = [&](const AgentCommand& command, Script& agent) {
        if (atFirstStart.empty()) atFirstStart = {open()->load(old.id).value().status};
        asUsual(command, agent);
    };
    ASSERT_TRUE(run({"none"}).outcome.ok());
    EXPECT_THAT(atFirstStart, ElementsAre(RunStatus::Lost));
}

TEST_F(RunIntoStore, RecordsTracesBesideItsStore) {
    Experiment experiment = experimentOf({"none"});
    experiment.base.profile.steps = StepRange{0, 2};
    const SessionEnd end =
        runIntoStore(experiment, file(), {.transport = transport, .clock = script.clock()}, true,
                     stop.get_token());
    ASSERT_TRUE(end.outcome.ok());
    const std::string folder = (traceRoot(file()) / end.outcome->runs[0].id.text).string();
    const auto& start = std::get<StartRanks>(script.commands.front());
    EXPECT_THAT(start.ranks.front().arguments, Contains(folder));
}

TEST_F(RunIntoStore, TellsItsWatcherOfARunAfterTheStoreKnowsIt) {
    compared = [this](const RunRecord& run) {
        EXPECT_TRUE(open(Access::ReadOnly)->load(run.id).value().parity);
    };
    ASSERT_TRUE(run({"none"}).outcome.ok());
    EXPECT_THAT(watcher.told, Contains("created"));
    EXPECT_THAT(watcher.told, Contains("ended finished"));
}

TEST_F(RunIntoStore, UsesAReferenceThatTheStoreHasAlready) {
    const SessionEnd first = run({"none"});
    started = 0;
    const SessionEnd second = run({"ring"});
    EXPECT_EQ(started, 1);
    ASSERT_TRUE(second.outcome->runs[0].parity);
    EXPECT_EQ(second.outcome->runs[0].parity->reference, first.outcome->runs[0].id);
}

TEST_F(RunIntoStore, StartsNoReferenceWhereItIsSwitchedOff) {
    reference = false;
    const SessionEnd end = run({"ring"});
    EXPECT_EQ(started, 1);
    EXPECT_FALSE(end.outcome->runs[0].parity);
}

TEST_F(RunIntoStore, KeepsTheRunsOfAFailedReferenceWithoutParity) {
    failing = 0;
    int told = 0;
    compared = [&](const RunRecord&) { ++told; };
    const SessionEnd end = run({"ring"});
    ASSERT_TRUE(end.outcome.ok());
    EXPECT_EQ(end.outcome->references[0].status, RunStatus::Failed);
    EXPECT_THAT(statusesInStore(), ElementsAre(RunStatus::Finished, RunStatus::Failed));
    EXPECT_EQ(told, 0);
}

TEST_F(RunIntoStore, EndsWithTheRunThatWasCancelledAndKeepsIt) {
    script.onReceive = [this] {
        if (started == 2) stop.request_stop();
    };
    const SessionEnd end = run({"none", "ring", "zigzag"});
    ASSERT_TRUE(end.outcome.ok());
    EXPECT_TRUE(end.outcome->cancelled);
    EXPECT_THAT(statusesInStore(), ElementsAre(RunStatus::Cancelled, RunStatus::Finished));
}

TEST_F(RunIntoStore, FailsWhereItsWatcherFails) {
    watcher.failsAt = "step 1";
    const SessionEnd end = run({"none", "ring"});
    ASSERT_FALSE(end.outcome.ok());
    EXPECT_EQ(end.step, SessionStep::Runs);
    EXPECT_THAT(end.outcome.error().message, HasSubstr("the disk is full"));
    EXPECT_EQ(started, 1);
}

}  // namespace
}  // namespace ringscope::test
