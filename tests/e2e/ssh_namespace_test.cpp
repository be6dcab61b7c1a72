// Two hosts as two network namespaces with a slow cable between them: other addresses than the
// loopback's, nothing reachable but what is routed.
#include "tests/e2e/cli.h"
#include "tests/support/ssh_hosts.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <string>
#include <vector>

namespace ringscope::testing {
namespace {

using nlohmann::json;

class Namespaces {
public:
    Namespaces() {
        if (::geteuid() != 0) problem_ = "network namespaces need root";
        if (tool("ip").empty() || tool("tc").empty()) problem_ = "there is no ip or no tc here";
        if (!problem_.empty()) return;
        const std::string left = name("a");
        const std::string right = name("b");
        ip({"netns", "add", left});
        ip({"netns", "add", right});
        ip({"-n", left, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns",
            right});
        for (const auto& [space, address] :
             {std::pair{left, "10.77.31.1/24"}, std::pair{right, "10.77.31.2/24"}}) {
            ip({"-n", space, "address", "add", address, "dev", "cable"});
            ip({"-n", space, "link", "set", "cable", "up"});
            ip({"-n", space, "link", "set", "lo", "up"});
            must({tool("tc"), "-n", space, "qdisc", "add", "dev", "cable", "root", "tbf", "rate",
                  "200mbit", "burst", "64kb", "latency", "50ms"});
        }
    }
    ~Namespaces() {
        if (tool("ip").empty()) return;
        for (const char* end : {"a", "b"}) runProgram({tool("ip"), "netns", "delete", name(end)});
    }
    Namespaces(const Namespaces&) = delete;
    Namespaces& operator=(const Namespaces&) = delete;

    const std::string& problem() const { return problem_; }
    static std::vector<std::string> enter(const std::string& end) {
        return {tool("ip"), "netns", "exec", name(end)};
    }
    std::vector<SshHosts::Place> places() const {
        if (!problem_.empty()) return SshHosts::onLoopback();
        return {{"alpha", "10.77.31.1", enter("a")}, {"beta", "10.77.31.2", enter("b")}};
    }

private:
    static std::string name(const std::string& end) {
        return "ringscope-" + end + "-" + std::to_string(::getpid());
    }
    static std::string tool(const std::string& program) {
        for (const char* folder : {"/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"})
            if (::access((folder + program).c_str(), X_OK) == 0) return folder + program;
        return {};
    }
    void ip(std::vector<std::string> words) {
        words.insert(words.begin(), tool("ip"));
        must(words);
    }
    void must(const std::vector<std::string>& words) {
        if (!problem_.empty()) return;
        const Ended ended = runProgram(words);
        if (ended.exitCode != 0) problem_ = "no network namespaces here: " + ended.err;
    }

    std::string problem_;
};

TEST(OverSshBetweenNamespaces, FourRanksOnTwoHostsTrainOverTheCable) {
    const Namespaces spaces;
    if (!spaces.problem().empty()) GTEST_SKIP() << spaces.problem();
    const SshHosts hosts(spaces.places());
    if (!hosts.problem().empty()) GTEST_SKIP() << hosts.problem();
    const Cli cli;
    ProgramOptions options = cli.options();
    options.environment["RINGSCOPE_SSH_CONFIG"] = hosts.config();
    const auto file = cli.write("four.yaml",
                                "name: four\nmodel: {preset: nano}\n"
                                "train: {steps: 4, seq_len: 256}\n"
                                "parallel: {sp: 4, mode: zigzag}\n");
    const Ended here = cli.run({"run", file, "--no-reference", "--json"});
    ASSERT_EQ(here.exitCode, 0) << here.err;

    std::vector<std::string> words = Namespaces::enter("a");
    const std::vector<std::string> run =
        cli.words({"run", file, "--no-reference", "--json", "--hosts", "alpha:2,beta:2"});
    words.insert(words.end(), run.begin(), run.end());
    const Ended there = runProgram(words, options);
    ASSERT_EQ(there.exitCode, 0) << there.err;
    EXPECT_EQ(json::parse(there.out)["runs"][0]["losses"],
              json::parse(here.out)["runs"][0]["losses"]);
    EXPECT_TRUE(becomesTrue([&] {
        for (const pid_t pid : processesWith(hosts.mark()))
            if (commandLine(pid).find("ringscope") != std::string::npos) return false;
        return true;
    }));
}

}  // namespace
}  // namespace ringscope::testing
