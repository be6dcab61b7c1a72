// launch.retries and runs that go on: what a run service makes of ranks that end and come again.
#include "backend/run/training_checkpoint.h"
#include "tests/backend/run/fakes.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <csignal>
#include <fstream>

namespace ringscope {
namespace {

using test::exitsWell;
using test::FakeTransport;
using test::RecordingSink;
using test::saysDone;
using test::saysHello;
using test::saysSteps;
using test::Script;
using test::smallRequest;
using test::TemporaryFolder;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int retriedRanks = 2;
constexpr std::int64_t retriedSteps = 6;

class Retries : public ::testing::Test {
protected:
    Retries() : request(smallRequest(retriedRanks, retriedSteps)) {
        request.plan.config.launch.retries = 2;
        request.plan.config.checkpoint.every = 2;
        request.plan.config.checkpoint.folder = folder.path().string();
        script.onCommand = [this](const AgentCommand& command, Script& agent) {
            if (const auto* start = std::get_if<StartRanks>(&command)) {
                starts.push_back(std::get<Training>(start->job));
                if (onStart) onStart(*start, agent);
            }
            if (std::holds_alternative<StopRanks>(command))
                for (int rank = 0; rank < retriedRanks; ++rank)
                    if (rank != 1 || !killed)
                        agent.says(RankExited{.rank = rank, .signal = SIGTERM});
        };
    }

    RunRecord execute() {
        FakeTransport transport(script);
        RunService service(transport, {&sink}, {}, script.clock());
        return service.execute(request, stop.get_token()).value();
    }

    void keepCheckpoint(const std::string& run, std::int64_t step) const {
        const auto runFolder = folder.path() / run;
        std::filesystem::create_directories(halfFolder(runFolder, step));
        ASSERT_TRUE(commitCheckpoint(runFolder, {.run = run, .step = step}).ok());
    }

    // Ranks that train from one step to another; then rank 1 is killed, or all end well.
    void trains(Script& agent, std::int64_t first, std::int64_t end) {
        saysHello(agent, retriedRanks);
        saysSteps(agent, retriedRanks, first, end);
        killed = end < retriedSteps;
        if (killed) {
            agent.says(RankExited{.rank = 1, .signal = SIGKILL});
            return;
        }
        saysDone(agent, retriedRanks, retriedSteps);
        exitsWell(agent, retriedRanks);
    }

    TemporaryFolder folder;
    RunRequest request;
    Script script;
    RecordingSink sink;
    std::stop_source stop;
    bool killed = false;  // rank 1
    std::vector<Training> starts;
    std::function<void(const StartRanks&, Script&)> onStart;
};

TEST_F(Retries, GoOnFromTheLastCheckpointAndCountTheLostSteps) {
    onStart = [this](const StartRanks& start, Script& agent) {
        if (starts.size() > 1) return trains(agent, 4, retriedSteps);
        keepCheckpoint(start.run.text, 4);
        trains(agent, 0, 5);
    };
    const RunRecord run = execute();
    EXPECT_EQ(run.status, RunStatus::Finished) << run.statusReason;
    ASSERT_EQ(run.steps.size(), 6U);
    for (std::int64_t step = 0; step < retriedSteps; ++step)
        EXPECT_EQ(run.steps[static_cast<std::size_t>(step)].step, step);
    ASSERT_EQ(starts.size(), 2U);
    EXPECT_EQ(starts[0].resume, "");
    EXPECT_EQ(starts[1].resume, (folder.path() / run.id.text / "step-00000004").string());
    EXPECT_THAT(sink.told,
                ElementsAre("created", "starting", "running", "step 0", "step 1", "step 2",
                            "step 3", "step 4", "starting", "running", "step 5", "ended finished"));
    EXPECT_THAT(run.notes, ::testing::Contains(
                               HasSubstr("try 2 of 3 begins at step 4, and 1 step is lost: rank "
                                         "1 was ended by SIGKILL")));
    EXPECT_THAT(sink.log.back(), HasSubstr("try 2 of 3"));
    EXPECT_EQ(run.lostSteps, 1);
    EXPECT_EQ(run.continues, std::nullopt) << "it is the same run still";
}

TEST_F(Retries, CountWhatEachTryLostOfItsOwn) {
    onStart = [this](const StartRanks&, Script& agent) {
        trains(agent, 0, starts.size() == 1 ? 5 : starts.size() == 2 ? 2 : retriedSteps);
    };
    const RunRecord run = execute();
    EXPECT_EQ(run.status, RunStatus::Finished) << run.statusReason;
    EXPECT_EQ(run.lostSteps, 7);
    EXPECT_THAT(run.notes,
                Contains(HasSubstr("try 3 of 3 begins at step 0, and 2 steps are lost")));
}

TEST_F(Retries, BeginAgainWhereThereIsNoCheckpoint) {
    onStart = [this](const StartRanks&, Script& agent) {
        trains(agent, 0, starts.size() > 1 ? retriedSteps : 3);
    };
    const RunRecord run = execute();
    EXPECT_EQ(run.status, RunStatus::Finished) << run.statusReason;
    EXPECT_EQ(run.steps.size(), 6U);
    EXPECT_EQ(starts[1].resume, "");
    EXPECT_THAT(run.notes,
                ::testing::Contains(HasSubstr("begins at step 0, and 3 steps are lost")));
}

TEST_F(Retries, EndWithTheLastReasonAfterAsManyAsWereAllowed) {
    onStart = [this](const StartRanks&, Script& agent) { trains(agent, 0, 1); };
    const RunRecord run = execute();
    EXPECT_EQ(run.status, RunStatus::Failed);
    EXPECT_EQ(run.statusReason, "rank 1 was ended by SIGKILL");
    EXPECT_EQ(starts.size(), 3U);
}

TEST_F(Retries, AnErrorThatARankReportsIsFinal) {
    onStart = [](const StartRanks&, Script& agent) {
        saysHello(agent, retriedRanks);
        agent.says(RankSaid{RankError{.rank = 0, .message = "the loss is not a number"}});
        agent.says(RankExited{.rank = 0, .code = 1});
    };
    EXPECT_EQ(execute().statusReason, "rank 0: the loss is not a number");
    EXPECT_EQ(starts.size(), 1U);
}

TEST_F(Retries, ARunThatGoesOnCountsOnAndSaysWhatItContinues) {
    keepCheckpoint("89abcdef-0000", 4);
    const auto checkpoint = folder.path() / "89abcdef-0000" / "step-00000004";
    request.resume = ResumePoint{checkpoint, 4, "89abcdef-0000"};
    onStart = [this](const StartRanks&, Script& agent) { trains(agent, 4, retriedSteps); };
    const RunRecord run = execute();
    EXPECT_EQ(run.status, RunStatus::Finished) << run.statusReason;
    ASSERT_EQ(run.steps.size(), 2U);
    EXPECT_EQ(run.steps.front().step, 4);
    EXPECT_EQ(starts.front().resume, checkpoint.string());
    EXPECT_EQ(run.continues, (Continuation{{"89abcdef-0000"}, 4}));
    EXPECT_THAT(run.notes, ::testing::Contains(HasSubstr("continues run 89abcdef from step 4")));
}

TEST_F(Retries, ACheckpointThatIsNotThereAtTheEndIsSaid) {
    onStart = [&](const StartRanks&, Script& agent) { trains(agent, 0, retriedSteps); };
    EXPECT_THAT(execute().notes, ElementsAre(HasSubstr("the checkpoint of step 6 is not in '")));
}

TEST_F(Retries, OneThatIsThereIsNot) {
    onStart = [&](const StartRanks& start, Script& agent) {
        keepCheckpoint(start.run.text, retriedSteps);
        trains(agent, 0, retriedSteps);
    };
    EXPECT_THAT(execute().notes, ElementsAre());
}

TEST_F(Retries, AStoppedRunSaysWithWhatItGoesOn) {
    onStart = [this](const StartRanks& start, Script& agent) {
        keepCheckpoint(start.run.text, 2);
        saysHello(agent, retriedRanks);
        saysSteps(agent, retriedRanks, 0, 3);
    };
    script.onReceive = [this] {
        if (sink.told.size() > 4) stop.request_stop();
    };
    const RunRecord run = execute();
    EXPECT_EQ(run.status, RunStatus::Cancelled);
    EXPECT_EQ(run.statusReason, "stopped; `ringscope run --resume " + run.id.text.substr(0, 8) +
                                    "` goes on from the checkpoint of step 2");
}

}  // namespace
}  // namespace ringscope
