// The state machine by itself; run_service_test.cpp has the whole of a run.
#include "backend/run/run_follower.h"

#include "tests/backend/run/fakes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <csignal>

namespace ringscope {
namespace {

using std::chrono::milliseconds;
using test::RecordingSink;
using test::stepOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RunFollowerTest : public ::testing::Test {
protected:
    RunFollowerTest() {
        record.ranks = 2;
        record.status = RunStatus::Starting;
    }

    RunFollower& follower() {
        if (!made) made.emplace(record, expected, sinks, limits, now);
        return *made;
    }
    void receives(const AgentFrame& frame) { follower().handle(frame, "node1", now); }
    void passes(milliseconds time) { now += time; }
    void hello(int rank, const std::string& plan = "") {
        receives(RankSaid{
            RankHello{.rank = rank, .pid = 1, .device = "cuda:3", .versions = "v", .plan = plan}});
    }
    std::string conclusion() {
        follower().conclude();
        return record.statusReason;
    }

    RunRecord record;
    ExpectedWork expected{.steps = 2, .planHash = "abc"};
    RecordingSink sink;
    SinkList sinks{{&sink}};
    RunLimits limits;
    RunFollower::Time now{};
    std::optional<RunFollower> made;
};

TEST_F(RunFollowerTest, RunsWhenTheLastRankHasSaidHello) {
    hello(0);
    EXPECT_EQ(record.status, RunStatus::Starting);
    hello(1);
    EXPECT_EQ(record.status, RunStatus::Running);
    EXPECT_EQ(record.device, "cuda");
    EXPECT_THAT(sink.told, ElementsAre("running"));
}

TEST_F(RunFollowerTest, FailsWhereRanksReadOtherData) {
    const auto says = [&](int rank, const std::string& data) {
        receives(RankSaid{RankHello{.rank = rank,
                                    .pid = 1,
                                    .device = "cpu",
                                    .versions = "v",
                                    .plan = "abc",
                                    .data = data}});
    };
    says(1, "1f");
    says(0, "2e");
    EXPECT_EQ(conclusion(),
              "rank 0 reads other data than rank 1: the files of data.source, or the tokenizer's, "
              "differ; copy the same ones to every host");
}

TEST_F(RunFollowerTest, WaitsForARankThatSaysWhatItReads) {
    for (int minute = 0; minute < 10; ++minute) {
        passes(milliseconds(50'000));
        receives(RankSaid{RankLog{.rank = 1, .message = "40 % of data.source is tokens"}});
        follower().checkTime(now);
    }
    EXPECT_FALSE(follower().decided(now));
    passes(milliseconds(61'000));
    follower().checkTime(now);
    EXPECT_TRUE(follower().decided(now));
}

TEST_F(RunFollowerTest, KeepsWhatAgentsTellOfTheirMachines) {
    receives(AgentMachine{{.machine = "first", .cores = 8, .interface = "eth0"}});
    receives(AgentMachine{{.machine = "again", .cores = 8, .interface = "eth0"}});
    follower().handle(AgentMachine{{.machine = "other", .interface = "ib0"}}, "node2", now);
    ASSERT_EQ(record.environment.hosts.size(), 2U);
    EXPECT_EQ(record.environment.hosts[0].host, "node1");
    EXPECT_EQ(record.environment.hosts[0].machine, "again");
    EXPECT_EQ(record.environment.network, "node1 eth0, node2 ib0");
}

TEST_F(RunFollowerTest, GivesRankZerosPortOnce) {
    receives(RankSaid{RankRendezvous{.rank = 1, .port = 9}});
    EXPECT_EQ(follower().takePort(), std::nullopt);
    receives(RankSaid{RankRendezvous{.rank = 0, .port = 4242}});
    EXPECT_EQ(follower().takePort(), 4242);
    EXPECT_EQ(follower().takePort(), std::nullopt);
}

TEST_F(RunFollowerTest, AnswersOfTheAgentChangeNothing) {
    for (const AgentFrame& frame :
         {AgentFrame(Pong{}), AgentFrame(TraceChunk{}), AgentFrame(Listening{}),
          AgentFrame(Reached{}),
          AgentFrame(RankPrinted{.rank = 0, .stream = "out", .line = "a line"})})
        receives(frame);
    EXPECT_FALSE(follower().decided(now));
    EXPECT_EQ(record.status, RunStatus::Starting);
}

TEST_F(RunFollowerTest, ADeathThatBecomesKnownWithinTheSettleTimeIsTheReason) {
    receives(RankSaid{RankError{.rank = 0, .message = "lost rank 1"}});
    EXPECT_FALSE(follower().decided(now));
    passes(limits.settle - milliseconds(1));
    receives(RankExited{.rank = 1, .signal = SIGKILL});
    EXPECT_TRUE(follower().decided(now));
    EXPECT_EQ(conclusion(), "rank 1 was ended by SIGKILL");
}

TEST_F(RunFollowerTest, ADeathAfterTheSettleTimeIsNot) {
    receives(RankSaid{RankError{.rank = 0, .message = "lost rank 1"}});
    passes(limits.settle + milliseconds(1));
    EXPECT_TRUE(follower().decided(now));
    receives(RankExited{.rank = 1, .signal = SIGKILL});
    EXPECT_EQ(conclusion(), "rank 0: lost rank 1");
}

TEST_F(RunFollowerTest, ARanksOwnReasonReplacesThatItsPeersGroupFailed) {
    receives(RankSaid{RankError{.rank = 0, .message = "rank 0: sending to rank 1 failed: gone"}});
    receives(RankSaid{RankError{.rank = 1, .message = "memory.budget has no room"}});
    receives(RankSaid{RankError{.rank = 0, .message = "a later reason"}});
    EXPECT_EQ(conclusion(), "rank 1: memory.budget has no room");
}

TEST_F(RunFollowerTest, ALostConnectionReplacesWhatItsPeersReported) {
    receives(RankSaid{RankError{.rank = 0, .message = "lost rank 1"}});
    follower().lost({1}, "node2 does not answer", now);
    EXPECT_EQ(conclusion(), "node2 does not answer");
}

TEST_F(RunFollowerTest, AStopAfterAFailureChangesNothing) {
    follower().fail("the first");
    follower().cancel();
    follower().fail("the second");
    EXPECT_EQ(conclusion(), "the first");
    EXPECT_EQ(record.status, RunStatus::Failed);
}

TEST_F(RunFollowerTest, AFailureAfterAStopIsNone) {
    follower().cancel();
    receives(RankExited{.rank = 0, .signal = SIGTERM});
    EXPECT_EQ(conclusion(), "");
    EXPECT_EQ(record.status, RunStatus::Cancelled);
}

TEST_F(RunFollowerTest, NamesTheRanksThatAreFurthestBehind) {
    hello(0);
    hello(1);
    receives(RankSaid{stepOf(0, 0, 5)});
    passes(limits.silence + milliseconds(1));
    follower().checkTime(now);
    EXPECT_THAT(conclusion(), HasSubstr("rank 1 did not report step 0 within "));
}

TEST_F(RunFollowerTest, NamesAllRanksThatNeverSaidHello) {
    follower();
    passes(limits.firstWord + milliseconds(1));
    follower().checkTime(now);
    EXPECT_THAT(conclusion(), HasSubstr("ranks 0 and 1 said nothing within "));
}

// A verification trains nothing: its ranks are done after no step at all.
TEST_F(RunFollowerTest, RanksWithoutStepsAreDoneAfterNone) {
    expected = {};
    for (int rank : {0, 1}) {
        receives(RankSaid{RankTurn{.rank = rank, .mode = "ring"}});
        receives(RankSaid{RankDone{.rank = rank}});
        receives(RankExited{.rank = rank});
    }
    EXPECT_EQ(conclusion(), "");
    EXPECT_EQ(record.status, RunStatus::Finished);
}

TEST_F(RunFollowerTest, KeepsHowExpertsWereUsedInLayersThatTheModelHas) {
    record.config.model.layers = 2;
    record.config.model.experts.count = 3;
    const RoutingRecord routing{.step = 0, .layer = 1, .use = {4, 0, 2}};
    receives(RankSaid{RankRouting{.rank = 0, .routing = routing}});
    EXPECT_EQ(record.routing, std::vector{routing});
    receives(
        RankSaid{RankRouting{.rank = 0, .routing = {.step = 0, .layer = 2, .use = {4, 0, 2}}}});
    EXPECT_EQ(record.routing, std::vector{routing});
    EXPECT_EQ(conclusion(),
              "rank 0 told how layer 2 used 3 experts; the model has 2 layers with 3");
}

TEST_F(RunFollowerTest, KeepsValidations) {
    const ValidationRecord validation{.step = 1, .loss = 2.5, .tokens = 640};
    receives(RankSaid{RankValidation{.rank = 0, .validation = validation}});
    EXPECT_EQ(record.validations, std::vector{validation});
    EXPECT_THAT(sink.told, ::testing::Contains("validation 1"));
}

TEST_F(RunFollowerTest, EndsWellWhereAllRanksEndEarlyAfterTheSameStep) {
    const std::string why = "train.stop_loss 3: …; the run ended after 1 of 2 steps";
    for (int rank : {0, 1}) {
        receives(RankSaid{stepOf(rank, 0, 5)});
        receives(RankSaid{RankDone{.rank = rank, .steps = 1, .ended = why}});
        receives(RankExited{.rank = rank});
    }
    EXPECT_EQ(conclusion(), "");
    EXPECT_EQ(record.status, RunStatus::Finished);
    EXPECT_THAT(record.notes, ElementsAre(why));
    EXPECT_EQ(record.steps.size(), 1U);
}

TEST_F(RunFollowerTest, FailsWhereRanksEndAfterDifferentSteps) {
    receives(RankSaid{stepOf(0, 0, 5)});
    receives(RankSaid{RankDone{.rank = 0, .steps = 1, .ended = "why"}});
    for (int step : {0, 1}) receives(RankSaid{stepOf(1, step, 5)});
    receives(RankSaid{RankDone{.rank = 1, .steps = 2}});
    EXPECT_EQ(conclusion(),
              "rank 1 was done after 2 steps, rank 0 after 1; all should end together, please "
              "report this");
}

TEST_F(RunFollowerTest, FailsWhereARankEndsEarlyWithOtherStepsThanItSays) {
    receives(RankSaid{RankDone{.rank = 0, .steps = 1, .ended = "why"}});
    EXPECT_EQ(conclusion(), "rank 0 was done after 0 of 2 steps");
}

TEST_F(RunFollowerTest, RefusesARankWithAnotherPlanAndNamesItsHost) {
    receives(RankStarted{.rank = 1, .pid = 5});
    hello(1, "abd");
    EXPECT_TRUE(follower().decided(now));
    EXPECT_THAT(conclusion(), HasSubstr("rank 1 on node1 plans this run differently"));
}

TEST_F(RunFollowerTest, TakesAPlanLikeOursAndNone) {
    hello(0, "abc");
    hello(1);
    EXPECT_FALSE(follower().decided(now));
}

class FailingSink final : public RunSink {
public:
    explicit FailingSink(std::string reason) : reason_(std::move(reason)) {}
    Result<void> created(const RunRecord&) override { return call(); }
    Result<void> changed(const RunRecord&) override { return call(); }
    Result<void> step(const RunRecord&, const StepRecord&) override { return call(); }
    Result<void> ended(const RunRecord&) override { return call(); }
    Result<void> logLine(const RunRecord&, int, std::string_view) override { return call(); }

    int calls = 0;

private:
    Result<void> call() {
        ++calls;
        return Error{ErrorCode::Failed, reason_};
    }
    std::string reason_;
};

TEST(SinkList, KeepsTheFirstFailureAndCallsEverySinkAllTheSame) {
    FailingSink first("the disk is full");
    FailingSink second("the network is down");
    SinkList sinks({&first, &second});
    EXPECT_EQ(sinks.failure(), std::nullopt);
    const RunRecord run;
    sinks.created(run);
    sinks.step(run, {});
    sinks.turn(run, {});
    sinks.verdict(run, {});
    sinks.ended(run);
    EXPECT_EQ(first.calls, 3);
    EXPECT_EQ(second.calls, 3);
    ASSERT_TRUE(sinks.failure());
    EXPECT_EQ(sinks.failure()->message, "the disk is full");
}

}  // namespace
}  // namespace ringscope
