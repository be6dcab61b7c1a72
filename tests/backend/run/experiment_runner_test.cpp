#include "backend/run/experiment_runner.h"

#include "tests/backend/run/fakes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using test::FakeTransport;
using test::RecordingSink;
using test::saysAWholeRun;
using test::saysHello;
using test::Script;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Modes in their order; every run is healthy but those of `failing`.
class ExperimentRunnerTest : public ::testing::Test {
protected:
    ExperimentRunnerTest() : transport(script), service(transport, {&sink}, {}, script.clock()) {
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

    ExperimentOutcome run(std::vector<std::string> modes) {
        const auto requests = planRuns(experimentOf(std::move(modes))).requests;
        return runExperiment(requests, service, options, stop.get_token()).value();
    }
    static std::vector<std::string> modes(const std::vector<RunRecord>& runs) {
        std::vector<std::string> names;
        for (const RunRecord& run : runs) names.push_back(run.config.parallel.mode);
        return names;
    }

    Script script;
    FakeTransport transport;
    RecordingSink sink;
    RunService service;
    ExperimentOptions options;
    std::stop_source stop;
    int started = 0;
    int failing = -1;
};

TEST_F(ExperimentRunnerTest, PlansAllRunsUnderOneExperimentId) {
    const auto requests = planRuns(experimentOf({"none", "ring"})).requests;
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].experimentId, requests[1].experimentId);
    EXPECT_EQ(requests[0].plan.ranks, 1);
    EXPECT_EQ(requests[1].plan.ranks, 2);
    EXPECT_NE(requests[0].name, requests[1].name);
}

TEST_F(ExperimentRunnerTest, RefusesARunWithItsReason) {
    Experiment experiment = experimentOf({"zigzag", "ulysses", "ring"});
    experiment.base.train.seqLen = 60;
    experiment.base.parallel.sp = 5;
    const ExperimentPlan plan = planRuns(experiment);
    ASSERT_FALSE(plan.refused.empty());
    const Error refusal = refusalOf(plan);
    EXPECT_EQ(refusal.code, ErrorCode::InvalidConfig);
    EXPECT_THAT(refusal.message, HasSubstr("ulysses needs heads divisible by ranks"));
    EXPECT_THAT(refusal.message, ::testing::StartsWith("1 of 3 runs cannot work (ulysses): "));
}

TEST_F(ExperimentRunnerTest, HoldsReplicasAgainstOneRankOnAllTheirBatches) {
    Experiment experiment = experimentOf({"ring"});
    experiment.base.parallel.dp = 2;
    experiment.base.parallel.ep = 2;
    experiment.base.checkpoint.atEnd = true;
    experiment.base.memory.budget = Bytes{1 << 30};
    const auto requests = planRuns(experiment).requests;
    EXPECT_EQ(requests[0].plan.ranks, 4);
    const ExperimentOutcome outcome =
        runExperiment(requests, service, options, stop.get_token()).value();
    ASSERT_THAT(modes(outcome.references), ElementsAre("none"));
    const RunConfig& reference = outcome.references[0].config;
    EXPECT_EQ(reference.parallel.dp, 1);
    EXPECT_EQ(reference.parallel.ep, 1);
    EXPECT_FALSE(reference.checkpoint.atEnd);
    EXPECT_FALSE(reference.memory.budget.has_value()) << "it holds more than a rank of the others";
    EXPECT_EQ(reference.train.gradAccum, 2);
    EXPECT_EQ(outcome.runs[0].parity->reference, outcome.references[0].id);
}

TEST_F(ExperimentRunnerTest, UsesTheExperimentsOwnUnshardedRunAsReference) {
    const ExperimentOutcome outcome = run({"ring", "none", "zigzag"});
    EXPECT_THAT(modes(outcome.runs), ElementsAre("ring", "none", "zigzag"));
    EXPECT_THAT(outcome.references, IsEmpty());
    EXPECT_EQ(outcome.runs[0].parity->reference, outcome.runs[1].id);
    EXPECT_EQ(outcome.runs[0].parity->steps, 2);
    EXPECT_EQ(outcome.runs[0].parity->maxLossDiff, 0);
    EXPECT_EQ(outcome.runs[1].parity->reference, outcome.runs[1].id);  // itself
    EXPECT_EQ(outcome.runs[2].parity->reference, outcome.runs[1].id);
    EXPECT_FALSE(outcome.cancelled);
}

TEST_F(ExperimentRunnerTest, StartsAReferenceFirstWhereThereIsNone) {
    const ExperimentOutcome outcome = run({"ring", "zigzag"});
    ASSERT_THAT(modes(outcome.references), ElementsAre("none"));
    EXPECT_TRUE(outcome.references[0].reference);
    EXPECT_EQ(outcome.references[0].ranks, 1);
    EXPECT_THAT(outcome.references[0].notes, IsEmpty());
    EXPECT_EQ(outcome.references[0].experimentId, outcome.experimentId);
    EXPECT_EQ(sink.final[0].id, outcome.references[0].id);
    for (const RunRecord& one : outcome.runs)
        EXPECT_EQ(one.parity->reference, outcome.references[0].id);
}

TEST_F(ExperimentRunnerTest, UsesAReferenceThatIsKnownAlready) {
    RunRecord known = run({"none"}).runs[0];
    options.findReference = [&](const std::string& computation) -> std::optional<RunRecord> {
        EXPECT_EQ(computation, known.computation);
        return known;
    };
    started = 0;
    const ExperimentOutcome outcome = run({"ring"});
    EXPECT_EQ(started, 1);
    EXPECT_EQ(outcome.runs[0].parity->reference, known.id);
}

TEST_F(ExperimentRunnerTest, StartsNoReferenceWhereItIsSwitchedOff) {
    options.reference = false;
    const ExperimentOutcome outcome = run({"ring"});
    EXPECT_EQ(started, 1);
    EXPECT_THAT(outcome.references, IsEmpty());
    EXPECT_FALSE(outcome.runs[0].parity);
}

TEST_F(ExperimentRunnerTest, AFailedRunDoesNotStopTheOthers) {
    failing = 1;
    const ExperimentOutcome outcome = run({"none", "ring", "zigzag"});
    ASSERT_EQ(outcome.runs.size(), 3U);
    EXPECT_EQ(outcome.runs[1].status, RunStatus::Failed);
    EXPECT_FALSE(outcome.runs[1].parity);
    EXPECT_EQ(outcome.runs[2].status, RunStatus::Finished);
    EXPECT_TRUE(outcome.runs[2].parity);
    EXPECT_FALSE(outcome.cancelled);
}

TEST_F(ExperimentRunnerTest, AFailedReferenceLeavesTheRunsWithoutParity) {
    failing = 0;
    const ExperimentOutcome outcome = run({"ring"});
    EXPECT_EQ(outcome.references[0].status, RunStatus::Failed);
    EXPECT_EQ(outcome.runs[0].status, RunStatus::Finished);
    EXPECT_FALSE(outcome.runs[0].parity);
}

TEST_F(ExperimentRunnerTest, ACancelledRunIsTheLast) {
    script.onReceive = [this] {
        if (started == 2) stop.request_stop();
    };
    const ExperimentOutcome outcome = run({"none", "ring", "zigzag"});
    EXPECT_TRUE(outcome.cancelled);
    ASSERT_EQ(outcome.runs.size(), 2U);
    EXPECT_EQ(outcome.runs[1].status, RunStatus::Cancelled);
}

TEST_F(ExperimentRunnerTest, ASinkThatFailsEndsTheExperiment) {
    sink.failsAt = "step 1";
    const auto requests = planRuns(experimentOf({"none", "ring"})).requests;
    const auto outcome = runExperiment(requests, service, options, stop.get_token());
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().message, "the disk is full");
    EXPECT_EQ(started, 1);
}

}  // namespace
}  // namespace ringscope
