// However a run of real processes ends, it ends in one state with a reason, and nobody is left.
#include "tests/launcher/local_run.h"

#include <gmock/gmock.h>
#include <algorithm>
#include <csignal>

namespace ringscope::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST_F(LocalRun, HealthyRanksFinish) {
    const RunRecord run = execute("", 4, 20);
    EXPECT_EQ(run.status, RunStatus::Finished) << run.statusReason;
    EXPECT_THAT(run.steps, SizeIs(20));
    EXPECT_EQ(peakMemory(run), Bytes{1'024});
    for (const RankRecord& rank : run.rankRecords) {
        EXPECT_EQ(rank.exitCode, 0);
        EXPECT_GT(rank.pid, 0);
    }
}

TEST_F(LocalRun, ARankKilledFromOutsideFailsTheRunWithinTenSeconds) {
    watcher.onStep = [](const RunRecord& run, std::int64_t step) {
        if (step == 2) ::kill(static_cast<pid_t>(run.rankRecords[1].pid), SIGKILL);
    };
    const RunRecord run = execute("0:hang@3;1:hang@3");
    EXPECT_EQ(run.status, RunStatus::Failed);
    EXPECT_EQ(run.statusReason, "rank 1 was ended by SIGKILL");
    EXPECT_EQ(run.rankRecords[1].endedBy, "SIGKILL");
    EXPECT_THAT(run.steps, SizeIs(3));
    EXPECT_LT(took, seconds(10));
}

TEST_F(LocalRun, ARankThatCrashesIsNamedWithItsSignal) {
    EXPECT_EQ(execute("1:crash@2;0:hang@2").statusReason, "rank 1 was ended by SIGSEGV");
}

TEST_F(LocalRun, ARankThatExitsIsNamedWithItsCode) {
    EXPECT_THAT(
        execute("1:exit@2;0:hang@2").statusReason,
        StartsWith("rank 1 ended with exit code 7 without saying why; `ringscope runs show "));
}

TEST_F(LocalRun, ARankThatSaysWhyIsQuoted) {
    EXPECT_EQ(execute("0:error@2;1:hang@2").statusReason, "rank 0: the loss is not a number");
}

TEST_F(LocalRun, ARankThatIsDoneTooEarlyFailsTheRun) {
    EXPECT_EQ(execute("0:quitter;1:quitter").statusReason.substr(7), "was done after 4 of 5 steps");
}

TEST_F(LocalRun, RanksThatDisagreeFailTheRun) {
    EXPECT_EQ(execute("1:disagree@1").statusReason,
              "the ranks disagree on the loss of step 1: rank 0 has 4.99, rank 1 has 5.99");
}

TEST_F(LocalRun, GarbageIsKeptAsLogAndHarmsNothing) {
    const RunRecord run = execute("1:garbage@1");
    EXPECT_EQ(run.status, RunStatus::Finished) << run.statusReason;
    EXPECT_THAT(watcher.log, Contains("1: [[[[["));
    EXPECT_THAT(watcher.log, Contains("1: \xEF\xBF\xBD\xEF\xBF\xBD"));
    EXPECT_THAT(watcher.log, Contains("1: a warning"));
}

TEST_F(LocalRun, ARankCannotSpeakForAnother) {
    const RunRecord run = execute("1:wrong@1", 2);
    EXPECT_EQ(run.status, RunStatus::Finished) << run.statusReason;
    EXPECT_THAT(watcher.log, Contains(HasSubstr("I am rank 7")));
}

TEST_F(LocalRun, AFloodingRankNeitherStopsTheOthersNorHidesACtrlC) {
    for (const char* flood : {"1:flood@3;0:hang@4", "1:endless@3;0:hang@4"}) {
        SCOPED_TRACE(flood);
        stop = std::stop_source();
        watcher = Watcher();
        watcher.onStep = [this](const RunRecord&, std::int64_t step) {
            if (step == 2) stop.request_stop();
        };
        EXPECT_EQ(execute(flood).status, RunStatus::Cancelled);
        EXPECT_LT(took, seconds(5));
        EXPECT_LT(watcher.log.size(), limits.firstLogLines + limits.lastLogLines + 10);
    }
}

TEST_F(LocalRun, AFloodThatGoesOnDoesNotGrowAnyone) {
    limits.silence = seconds(2);
    EXPECT_EQ(execute("1:flood@3;0:hang@4").statusReason,
              "rank 1 did not report step 3 within 2.00 s");
    EXPECT_LE(watcher.log.size(), limits.firstLogLines + limits.lastLogLines + 1);
}

TEST_F(LocalRun, ACtrlCCancels) {
    watcher.onStep = [this](const RunRecord&, std::int64_t step) {
        if (step == 1) stop.request_stop();
    };
    const RunRecord run = execute("0:hang@3;1:hang@3");
    EXPECT_EQ(run.status, RunStatus::Cancelled);
    EXPECT_EQ(run.rankRecords[0].endedBy, "SIGTERM");
    EXPECT_LT(took, seconds(5));
}

TEST_F(LocalRun, RanksThatIgnoreSigtermAreEndedAfterTheGrace) {
    limits.stopGrace = milliseconds(300);
    watcher.onStep = [this](const RunRecord&, std::int64_t step) {
        if (step == 1) stop.request_stop();
    };
    const RunRecord run = execute("0:stubborn,deaf,hang@2;1:stubborn,deaf,hang@2");
    EXPECT_EQ(run.status, RunStatus::Cancelled);
    EXPECT_EQ(run.rankRecords[0].endedBy, "SIGKILL");
}

TEST_F(LocalRun, AGrandchildThatLeftTheGroupEndsWithACancelledRun) {
    std::size_t alive = 0;
    watcher.onStep = [&](const RunRecord&, std::int64_t step) {
        if (step != 3) return;
        alive = left().size();
        stop.request_stop();
    };
    EXPECT_EQ(execute("0:hang@4;1:grandchild@1,hang@4").status, RunStatus::Cancelled);
    EXPECT_EQ(alive, 3U);  // execute() saw that none of them is left
}

TEST_F(LocalRun, AGrandchildThatLeftTheGroupEndsWithAFinishedRun) {
    const RunRecord run = execute("1:grandchild@1");
    EXPECT_EQ(run.status, RunStatus::Finished) << run.statusReason;
}

TEST_F(LocalRun, NamesARankThatNeverSaysHello) {
    limits.firstWord = seconds(2);
    EXPECT_EQ(execute("1:mute").statusReason, "rank 1 said nothing within 2.00 s of the start");
}

TEST_F(LocalRun, NamesARankThatFellSilent) {
    limits.silence = seconds(2);
    EXPECT_EQ(execute("1:hang@3").statusReason, "rank 1 did not report step 3 within 2.00 s");
}

TEST_F(LocalRun, NamesARankThatDoesNotEnd) {
    limits.exit = seconds(2);
    EXPECT_EQ(execute("1:lingers").statusReason,
              "rank 1 did not end within 2.00 s of the last report");
}

TEST_F(LocalRun, AProgramThatIsNotThereIsNamed) {
    rankProgram = "/nowhere/ringscope-rank";
    EXPECT_EQ(execute("").statusReason,
              "cannot start rank 0: there is no program '/nowhere/ringscope-rank'; ./quickstart "
              "builds it");
    EXPECT_LT(took, seconds(2));
}

TEST_F(LocalRun, AProgramThatIsNoneIsNamed) {
    rankProgram = "/etc/passwd";
    EXPECT_THAT(execute("").statusReason, HasSubstr("cannot start rank 0 as '/etc/passwd': Perm"));
}

// The agent's parent-death signal to its ranks.
TEST_F(LocalRun, AKilledAgentTakesItsRanksWithIt) {
    watcher.onStep = [](const RunRecord& run, std::int64_t step) {
        if (step != 2) return;
        const std::vector<pid_t> mine = processesWith("FAKE_RANK=0:deaf,hang@3;1:deaf,hang@3");
        const auto agent = std::ranges::find_if(mine, [](pid_t pid) {
            return commandLine(pid).find("bare_agent") != std::string::npos;
        });
        ASSERT_NE(agent, mine.end()) << run.id.text;
        ::kill(*agent, SIGKILL);
    };
    EXPECT_EQ(execute("0:deaf,hang@3;1:deaf,hang@3").statusReason,
              "the agent on localhost ended unexpectedly, and its ranks with it");
}

TEST_F(LocalRun, AKilledAgentLeavesNoGrandchildEither) {
    watcher.onStep = [](const RunRecord&, std::int64_t step) {
        if (step != 3) return;
        for (const pid_t pid : processesWith("FAKE_RANK=0:grandchild@1,hang@4;1:hang@4"))
            if (commandLine(pid).find("bare_agent") != std::string::npos) ::kill(pid, SIGKILL);
    };
    EXPECT_EQ(execute("0:grandchild@1,hang@4;1:hang@4").status, RunStatus::Failed);
}

// --- the controller itself is killed --------------------------------------------------------

class KilledController : public ::testing::TestWithParam<const char*> {};

TEST_P(KilledController, LeavesNoRankAliveAfterFiveSeconds) {
    const std::string mark = RunId::random().text;
    Program controller({controllerProgram, agentProgram, fakeRank},
                       {.workingFolder = {},
                        .environment = {{"FAKE_RANK", GetParam()}, {"TEST_MARK", mark}},
                        .input = ""});
    const auto alive = [&](const char* program) {
        const std::vector<pid_t> all = processesWith("TEST_MARK=" + mark);
        return std::ranges::count_if(
            all, [&](pid_t pid) { return commandLine(pid).find(program) != std::string::npos; });
    };
    // Two processes have bare_agent in their command line: the agent, and the controller that was
    // given its path. A third one is a rank between fork and exec.
    ASSERT_TRUE(becomesTrue([&] { return alive("--rank") >= 2 && alive("bare_agent") == 2; }));
    controller.signal(SIGKILL);
    EXPECT_EQ(controller.wait().signal, SIGKILL);
    EXPECT_TRUE(becomesTrue([&] { return processesWith("TEST_MARK=" + mark).empty(); }, seconds(5)))
        << alive("--rank") << " ranks are alive";
}

INSTANTIATE_TEST_SUITE_P(Ranks, KilledController,
                         ::testing::Values("0:hang@2;1:hang@2",
                                           "0:stubborn,deaf,hang@2;1:stubborn,deaf,hang@2",
                                           "0:mute;1:mute", "0:grandchild@0,hang@2;1:hang@2",
                                           "0:flood@1;1:endless@1"));

}  // namespace
}  // namespace ringscope::test
