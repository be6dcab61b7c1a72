// Runs over a real sshd on the loopback: 2 + 2 ranks, the same numbers, nothing left alive.
#include "tests/e2e/cli.h"
#include "tests/support/ssh_hosts.h"

#include <gtest/gtest.h>
#include <csignal>
#include <fstream>

namespace ringscope::test {
namespace {

using nlohmann::json;
using std::chrono::seconds;

std::string fourRanks(const std::string& steps) {
    return "name: four\n"
           "model: {preset: nano}\n"
           "train: {steps: " +
           steps +
           ", seq_len: 256}\n"
           "parallel: {sp: 4, mode: zigzag}\n";
}

class OverSsh : public ::testing::Test {
protected:
    void SetUp() override {
        if (!hosts.problem().empty()) GTEST_SKIP() << hosts.problem();
        options = cli.options();
        options.environment["RINGSCOPE_SSH_CONFIG"] = hosts.config();
    }

    Ended ringscope(std::vector<std::string> arguments) const {
        return runProgram(cli.words(std::move(arguments)), options);
    }

    std::vector<pid_t> remote(const std::string& words) const {
        std::vector<pid_t> found;
        for (const pid_t pid : processesWith(hosts.mark()))
            if (commandLine(pid).find(words) != std::string::npos) found.push_back(pid);
        return found;
    }

    json storedRun() const {
        const Ended listed = ringscope({"runs", "ls", "--json"});
        if (listed.exitCode != 0) return {};
        const json list = json::parse(listed.out);
        return list["runs"].empty() ? json{} : list["runs"][0];
    }

    std::unique_ptr<Program> startEndless() const {
        auto program = std::make_unique<Program>(
            cli.words({"run", cli.write("endless.yaml", fourRanks("1000000")), "--hosts",
                       "alpha:2,beta:2", "--no-reference"}),
            options);
        EXPECT_TRUE(becomesTrue([&] {
            const json run = storedRun();
            return run.is_object() && run["status"] == "running" && !run["losses"].empty();
        }));
        EXPECT_EQ(remote("--rank ").size(), 4U);
        return program;
    }

    void killClientOf(const std::string& host) const {
        for (const pid_t pid : processesWith(cli.mark()))
            if (commandLine(pid).find("-- " + host) != std::string::npos) ::kill(pid, SIGKILL);
    }

    // Neither here nor there.
    bool nothingLeft(seconds limit) const {
        return becomesTrue(
            [&] {
                return remote("--rank ").empty() && remote("ringscope agent").empty() &&
                       processesWith(cli.mark()).empty();
            },
            limit);
    }

    SshHosts hosts;
    Cli cli;
    ProgramOptions options;
};

TEST_F(OverSsh, TwoHostsWithTwoRanksEachGiveTheLossesOfFourRanksHere) {
    const auto file = cli.write("four.yaml", fourRanks("4"));
    const Ended here = ringscope({"run", file, "--no-reference", "--json"});
    ASSERT_EQ(here.exitCode, 0) << here.err;
    const Ended there = ringscope({"run", file, "--no-reference", "--json", "--hosts",
                                   "alpha:2,beta:2", "--set", "profile.steps=[1,3]"});
    ASSERT_EQ(there.exitCode, 0) << there.err;
    const json run = json::parse(there.out)["runs"][0];
    EXPECT_EQ(run["losses"], json::parse(here.out)["runs"][0]["losses"]);
    std::vector<std::string> places;
    for (const json& rank : run["rank_records"]) places.push_back(rank["host"]);
    EXPECT_EQ(places, (std::vector<std::string>{"alpha", "alpha", "beta", "beta"}));
    EXPECT_TRUE(nothingLeft(seconds(5)));

    // The traces came back, on one clock: both hosts are this machine.
    const Ended analyzed = ringscope({"trace", "analyze", "--json", run["id"]});
    ASSERT_EQ(analyzed.exitCode, 0) << analyzed.err;
    const json findings = json::parse(analyzed.out);
    EXPECT_EQ(findings["ranks"].size(), 4U);
    EXPECT_EQ(findings["notes"], json::array());
    EXPECT_EQ(findings["unmatched"], 0);
    EXPECT_EQ(findings["clock"]["residual_ns"], 0);
    EXPECT_EQ(findings["clock"]["verdict"], "the ranks share one clock");
    EXPECT_EQ(run["notes"], json::array());
}

TEST_F(OverSsh, AHostfileSaysTheSame) {
    cli.write("hosts", "alpha slots=1\nbeta slots=1  # the other one\n");
    const auto file = cli.write("two.yaml", smallExperiment("launch: {transport: ssh, hostfile: "
                                                            "hosts}\n"));
    const Ended ended = ringscope({"run", file, "--no-reference", "--json"});
    ASSERT_EQ(ended.exitCode, 0) << ended.err;
    EXPECT_EQ(json::parse(ended.out)["runs"][0]["ranks"], 2);
}

TEST_F(OverSsh, AKilledRankFailsTheRunNamingItAndLeavesNoProcessOnAnyHost) {
    const auto program = startEndless();
    const std::vector<pid_t> last = remote("--rank 3");
    ASSERT_EQ(last.size(), 1U);
    ::kill(last.front(), SIGKILL);
    EXPECT_EQ(program->wait(seconds(20)).exitCode, 7);
    EXPECT_TRUE(nothingLeft(seconds(5)));
    EXPECT_EQ(storedRun()["status"], "failed");
    const std::string reason = storedRun()["reason"];
    EXPECT_TRUE(reason.starts_with("rank 3 was ended by SIGKILL")) << reason;
}

TEST_F(OverSsh, AKilledSshClientFailsTheRunNamingTheHost) {
    const auto program = startEndless();
    killClientOf("beta");
    EXPECT_EQ(program->wait(seconds(20)).exitCode, 7);
    EXPECT_TRUE(nothingLeft(seconds(8)));
    EXPECT_EQ(storedRun()["status"], "failed");
    const std::string reason = storedRun()["reason"];
    EXPECT_TRUE(reason.starts_with("the ssh session of the agent on beta ended without a word"))
        << reason;
}

// By then the other host's ranks may have lost their peers and said so.
TEST_F(OverSsh, AKilledSshClientIsTheReasonAlsoWhereItIsNoticedLate) {
    const auto program = startEndless();
    program->signal(SIGSTOP);
    killClientOf("beta");
    EXPECT_TRUE(becomesTrue([&] { return remote("--rank 3").empty(); }));
    program->signal(SIGCONT);
    EXPECT_EQ(program->wait(seconds(20)).exitCode, 7);
    const std::string reason = storedRun()["reason"];
    EXPECT_TRUE(reason.starts_with("the ssh session of the agent on beta ended without a word"))
        << reason;
}

TEST_F(OverSsh, AKilledCommandLineLeavesNoProcessOnAnyHost) {
    const auto program = startEndless();
    program->signal(SIGKILL);
    program->wait();
    EXPECT_TRUE(nothingLeft(seconds(8)));
}

TEST_F(OverSsh, DoctorShowsEveryHostAndThatRankZeroCanBeReached) {
    const Ended ended = ringscope({"doctor", "--hosts", "alpha:2,beta:2", "--json"});
    ASSERT_EQ(ended.exitCode, 0) << ended.out << ended.err;
    const json report = json::parse(ended.out);
    ASSERT_EQ(report["hosts"].size(), 2U);
    EXPECT_EQ(report["hosts"][0]["copied"], true);
    EXPECT_EQ(report["hosts"][1]["copied"], false);  // the same home
    EXPECT_EQ(report["hosts"][1]["address"], "127.0.0.2");
    EXPECT_EQ(report["hosts"][1]["reaches_rank_0"], true);
    EXPECT_GT(report["hosts"][1]["cores"], 0);
    // One machine, one clock: what is measured stays within what it claims.
    const double offset = report["hosts"][1]["clock"]["offset_ms"];
    EXPECT_LE(std::abs(offset), double(report["hosts"][1]["clock"]["error_ms"]) + 1);
}

TEST_F(OverSsh, AHostWithoutAGpuIsRefusedBeforeARankStarts) {
    if (std::filesystem::exists("/proc/driver/nvidia/gpus"))
        GTEST_SKIP() << "this machine, which plays the hosts, may have a GPU";
    const Ended ended = ringscope({"run", cli.write("four.yaml", fourRanks("2")), "--hosts",
                                   "alpha:2,beta:2", "--set", "launch.device=cuda"});
    EXPECT_EQ(ended.exitCode, 6) << ended.err;
    EXPECT_NE(ended.err.find("launch.device cuda takes a GPU for each rank, and alpha has no GPU"),
              std::string::npos)
        << ended.err;
    EXPECT_FALSE(std::filesystem::exists(cli.store()));
}

TEST_F(OverSsh, AHostWithoutTheTextIsNamedBeforeARankStarts) {
    const std::string text = cli.write("some.txt", "text").string();
    const auto run = [&](const std::string& source) {
        return ringscope({"run", cli.write("four.yaml", fourRanks("2")), "--hosts",
                          "alpha:2,beta:2", "--set", "data.source=" + source});
    };
    const Ended refused = run(text + ".not");
    EXPECT_EQ(refused.exitCode, 6) << refused.err;
    const std::string sentence = "data.source: cannot read '" + text +
                                 ".not' on alpha (No such file or directory), beta (No such file "
                                 "or directory); every host needs the file at this path, or write "
                                 "builtin:prose";
    const std::size_t said = refused.err.find(sentence);
    EXPECT_NE(said, std::string::npos) << refused.err;
    EXPECT_EQ(refused.err.find("data.source", said + sentence.size()), std::string::npos)
        << "it is said once: " << refused.err;
    EXPECT_FALSE(std::filesystem::exists(cli.store()));
    EXPECT_TRUE(remote("--rank ").empty());
}

TEST_F(OverSsh, SaysWhatToDoWhereAHostCannotBeUsed) {
    const auto problem = [&](const std::string& host) {
        const Ended ended = ringscope({"doctor", "--hosts", host, "--json"});
        EXPECT_EQ(ended.exitCode, 6);
        return std::string(json::parse(ended.out)["hosts"][0]["problem"]);
    };
    EXPECT_EQ(problem("refused"),
              "refused refuses ssh connections; check that sshd runs there and "
              "that the port is right");
    EXPECT_EQ(problem("nowhere.invalid"),
              "ssh knows no host 'nowhere.invalid'; check the name, or add it to ~/.ssh/config");
    EXPECT_NE(problem("stranger").find("ssh-copy-id stranger"), std::string::npos);
    const Ended good = ringscope({"doctor", "--hosts", "alpha"});
    ASSERT_EQ(good.exitCode, 0) << good.out << good.err;
    hosts.changeHostKey();
    const std::string removal = problem("alpha");
    EXPECT_NE(removal.find("remove the old key with: ssh-keygen -f "), std::string::npos)
        << removal;
    EXPECT_NE(removal.find("]:" + std::to_string(hosts.port())), std::string::npos) << removal;
}

}  // namespace
}  // namespace ringscope::test
