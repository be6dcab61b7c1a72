// Real ranks that stand still, are stopped for a while, or leave early.
#include "tests/e2e/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <csignal>
#include <thread>

namespace ringscope::test {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Stalling : public ::testing::Test {
protected:
    // Four ranks that would train for hours, with words for the section `launch`.
    void start(const std::string& launch) {
        program =
            std::make_unique<Program>(cli.words({"run",
                                                 cli.write("endless.yaml",
                                                           "name: endless\n"
                                                           "model: {preset: nano}\n"
                                                           "train: {steps: 1000000, seq_len: 256}\n"
                                                           "parallel: {sp: 4, mode: ring}\n"
                                                           "launch: " +
                                                               launch + "\n"),
                                                 "--no-reference", "--json"}),
                                      cli.options());
        ASSERT_TRUE(becomesTrue([&] { return stepsDone() > 2; }, seconds(60)));
        ASSERT_EQ(cli.ranks().size(), 4U);
    }

    json storedRun() const {
        const Ended listed = cli.run({"runs", "ls", "--json"});
        if (listed.exitCode != 0) return {};
        const json list = json::parse(listed.out);
        return list["runs"].empty() ? json{} : list["runs"][0];
    }
    std::size_t stepsDone() const {
        const json run = storedRun();
        return run.is_object() ? run["losses"].size() : 0;
    }
    pid_t rank(int number) const {
        for (const pid_t pid : cli.ranks())
            if (commandLine(pid).find("--rank " + std::to_string(number)) != std::string::npos)
                return pid;
        return -1;
    }

    Cli cli;
    std::unique_ptr<Program> program;
};

TEST_F(Stalling, ARankThatIsStoppedForAWhileIsNoStall) {
    start("{stall: 30}");
    const pid_t second = rank(1);
    ASSERT_GT(second, 0);
    ::kill(second, SIGSTOP);
    std::this_thread::sleep_for(seconds(5));
    const std::size_t before = stepsDone();
    ::kill(second, SIGCONT);
    EXPECT_TRUE(becomesTrue([&] { return stepsDone() > before + 2; }, seconds(30)));
    EXPECT_EQ(storedRun()["status"], "running");
    program->signal(SIGINT);
    EXPECT_EQ(program->wait(seconds(20)).exitCode, 130);
    EXPECT_TRUE(cli.nothingLeft(seconds(0)));
}

TEST_F(Stalling, ARankThatIsStoppedForEverEndsTheRunAndIsNamedWithItsPlace) {
    start("{stall: 2}");
    ::kill(rank(2), SIGSTOP);
    const Ended ended = program->wait(seconds(40));
    EXPECT_EQ(ended.exitCode, 7) << ended.err;
    const json run = storedRun();
    EXPECT_EQ(run["status"], "failed");
    const std::string reason = run["reason"];
    EXPECT_THAT(reason, StartsWith("rank 2 stands still: nothing was heard of it for "));
    EXPECT_THAT(reason, HasSubstr("last in step "));
    EXPECT_THAT(reason, ::testing::ContainsRegex("; rank [013] waits for (rank [0-3]|the others) "
                                                 "since "));
    EXPECT_THAT(reason, HasSubstr("(launch.stall is 2.00 s)"));
    EXPECT_TRUE(cli.nothingLeft(seconds(0)));
}

TEST_F(Stalling, ItGoesOnWhereThatIsAskedFor) {
    start("{stall: 2, on_stall: keep}");
    const pid_t last = rank(3);
    ::kill(last, SIGSTOP);
    ASSERT_TRUE(becomesTrue(
        [&] {
            return storedRun()["notes"].dump().find("rank 3 stands still") != std::string::npos;
        },
        seconds(40)))
        << storedRun()["notes"];
    const std::size_t before = stepsDone();
    ::kill(last, SIGCONT);
    EXPECT_TRUE(becomesTrue([&] { return stepsDone() > before + 2; }, seconds(30)));
    EXPECT_EQ(storedRun()["status"], "running");
    program->signal(SIGINT);
    program->wait(seconds(20));
    EXPECT_THAT(storedRun()["notes"].dump(), HasSubstr("the ranks go on, "));
    EXPECT_TRUE(cli.nothingLeft(seconds(0)));
}

TEST_F(Stalling, ARankThatLeavesEarlyIsNamedWithItsPlace) {
    start("{stall: 30}");
    ::kill(rank(1), SIGALRM);  // which ends it, as an exit of its own would
    const Ended ended = program->wait(seconds(20));
    EXPECT_EQ(ended.exitCode, 7) << ended.err;
    EXPECT_EQ(storedRun()["status"], "failed");
    EXPECT_THAT(std::string(storedRun()["reason"]),
                StartsWith("rank 1 was ended by SIGALRM; it was last heard of in step "));
    EXPECT_TRUE(cli.nothingLeft(seconds(0)));
}

}  // namespace
}  // namespace ringscope::test
