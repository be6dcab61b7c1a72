// However a run ends, nothing of it stays alive, and the store says what happened.
#include "tests/e2e/cli.h"

#include <gtest/gtest.h>
#include <csignal>

namespace ringscope::test {
namespace {

using nlohmann::json;
using std::chrono::seconds;

// A run that would take hours.
std::string endlessExperiment() {
    return "name: endless\n"
           "model: {preset: nano}\n"
           "train: {steps: 1000000, seq_len: 256}\n"
           "parallel: {sp: 2, mode: ring}\n";
}

class Killing : public ::testing::Test {
protected:
    Killing()
        : program(cli.words({"run", cli.write("endless.yaml", endlessExperiment()),
                             "--no-reference", "--json"}),
                  cli.options()) {}

    std::vector<pid_t> ranks() const { return cli.ranks(); }

    json storedRun() const {
        const Ended listed = cli.run({"runs", "ls", "--json"});
        if (listed.exitCode != 0) return {};
        const json list = json::parse(listed.out);
        return list["runs"].empty() ? json{} : list["runs"][0];
    }

    // Both ranks are up and steps arrive in the store.
    void waitUntilItTrains() const {
        ASSERT_TRUE(becomesTrue([&] {
            const json run = storedRun();
            return run.is_object() && run["status"] == "running" && !run["losses"].empty();
        }));
        ASSERT_EQ(ranks().size(), 2U);
    }

    bool nothingLeft(seconds limit) const { return cli.nothingLeft(limit); }

    Cli cli;
    Program program;
};

TEST_F(Killing, CtrlCCancelsTheRunAndLeavesNoProcess) {
    waitUntilItTrains();
    program.signal(SIGINT);
    const Ended ended = program.wait(seconds(20));
    EXPECT_EQ(ended.exitCode, 130) << ended.err;
    EXPECT_TRUE(nothingLeft(seconds(0)));
    EXPECT_EQ(storedRun()["status"], "cancelled");
    EXPECT_EQ(json::parse(ended.out)["runs"][0]["status"], "cancelled");
}

TEST_F(Killing, SigtermEndsItWith143) {
    waitUntilItTrains();
    program.signal(SIGTERM);
    EXPECT_EQ(program.wait(seconds(20)).exitCode, 143);
    EXPECT_TRUE(nothingLeft(seconds(0)));
    EXPECT_EQ(storedRun()["status"], "cancelled");
}

TEST_F(Killing, AKilledRankFailsTheRunNamingRankAndSignal) {
    waitUntilItTrains();
    const std::vector<pid_t> before = ranks();
    pid_t second = -1;
    for (const pid_t pid : before)
        if (commandLine(pid).find("--rank 1") != std::string::npos) second = pid;
    ASSERT_GT(second, 0);
    ::kill(second, SIGKILL);

    const Ended ended = program.wait(seconds(10));
    EXPECT_EQ(ended.exitCode, 7) << ended.err;
    EXPECT_TRUE(nothingLeft(seconds(0)));
    const json run = storedRun();
    EXPECT_EQ(run["status"], "failed");
    const std::string reason = run["reason"];
    EXPECT_NE(reason.find("rank 1"), std::string::npos) << reason;
    EXPECT_NE(reason.find("SIGKILL"), std::string::npos) << reason;
}

TEST_F(Killing, AKilledCommandLineLeavesNoRankAliveAndEveryReaderSaysSo) {
    waitUntilItTrains();
    program.signal(SIGKILL);
    EXPECT_EQ(program.wait().signal, SIGKILL);
    EXPECT_EQ(storedRun()["status"], "lost") << "before anybody wrote it down";
    EXPECT_NE(cli.run({"runs", "show"}).out.find("is gone"), std::string::npos);
    EXPECT_NE(cli.run({"compare"}).out.find("is gone"), std::string::npos);
    EXPECT_TRUE(nothingLeft(seconds(5)));

    const auto small = cli.write("small.yaml", smallExperiment());
    ASSERT_EQ(cli.run({"run", small, "--no-reference"}).exitCode, 0);
    const json list = cli.json({"runs", "ls", "--json", "--experiment", "endless"});
    ASSERT_EQ(list["runs"].size(), 1U);
    EXPECT_EQ(list["runs"][0]["status"], "lost");
}

// The runs are right, and nobody can say whether they train the same model.
TEST(KilledReference, LeavesEightWhereTheRunsFinish) {
    const Cli cli;
    const auto file = cli.write("small.yaml",
                                "name: small\nmodel: {preset: nano}\n"
                                "train: {steps: 300, seq_len: 256}\n"
                                "parallel: {sp: 2, mode: zigzag}\n");
    Program program(cli.words({"run", file}), cli.options());
    ASSERT_TRUE(becomesTrue([&] {
        const std::vector<pid_t> ranks = cli.ranks();
        return ranks.size() == 1 && ::kill(ranks.front(), SIGKILL) == 0;
    }));
    const Ended ended = program.wait();
    EXPECT_EQ(ended.exitCode, 8) << ended.err;
    EXPECT_EQ(cli.json({"runs", "ls", "--json", "--status", "finished"})["runs"].size(), 1U);
}

}  // namespace
}  // namespace ringscope::test
