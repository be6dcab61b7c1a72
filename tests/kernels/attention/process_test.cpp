// Attention under every mode with ranks as processes of their own: this program starts itself once
// for each rank, and as a rank checks its share under one mode after the other.
#include "tests/kernels/attention/conformance.h"
#include "tests/support/covering.h"

#include "kernels/comm/rendezvous.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <cstdlib>
#include <iostream>

extern char** environ;

namespace ringscope {
namespace {

using test::ConformanceCase;

constexpr const char* rankArgument = "--as-rank";

std::vector<ConformanceCase> chosenCases(int size) {
    std::vector<ConformanceCase> all;
    for (const int ranks : {2, 4})
        for (const Mode& mode : modeTable())
            if (mode.sharded)
                for (const ConformanceCase& each : test::legalCases(mode, ranks))
                    all.push_back(each);
    std::vector<ConformanceCase> chosen = test::coveringPairs(all, test::headValues);
    std::erase_if(chosen, [&](const ConformanceCase& each) { return each.shape.ranks != size; });
    return chosen;
}

int checkAsRank(int rank, int size, int port) {
    at::set_num_threads(1);  // ranks share the cores
    const auto rendezvous = joinRendezvous("127.0.0.1", port, "secret");
    if (!rendezvous.ok()) return std::cerr << rendezvous.error().message << "\n", 1;
    const auto group =
        makeGroup(**rendezvous, {.rank = rank, .size = size, .timeout = std::chrono::seconds(30)});
    if (!group.ok()) return std::cerr << group.error().message << "\n", 1;
    int failures = 0;
    for (const ConformanceCase& testCase : chosenCases(size)) {
        const std::string deviations = test::findDeviations(testCase, **group);
        if (deviations.empty()) continue;
        std::cerr << testCase.name() << ", rank " << rank << ": " << deviations;
        ++failures;
    }
    (*group)->barrier();
    return failures == 0 ? 0 : 1;
}

pid_t startRank(const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {"/proc/self/exe", rankArgument};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t child = -1;
    return posix_spawn(&child, argv[0], nullptr, nullptr, argv.data(), environ) == 0 ? child : -1;
}

bool succeeded(pid_t child) {
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

class Processes : public ::testing::TestWithParam<int> {};

TEST_P(Processes, EachComputeTheirShareOfFullAttention) {
    const int size = GetParam();
    setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);  // as in rank_threads.cpp
    const auto rendezvous = hostRendezvous("127.0.0.1", "secret");
    ASSERT_TRUE(rendezvous.ok()) << rendezvous.error().message;
    std::vector<pid_t> children;
    for (int rank = 0; rank < size; ++rank)
        children.push_back(startRank(
            {std::to_string(rank), std::to_string(size), std::to_string((*rendezvous)->port())}));
    for (int rank = 0; rank < size; ++rank)
        EXPECT_TRUE(succeeded(children[static_cast<std::size_t>(rank)])) << "rank " << rank;
}

INSTANTIATE_TEST_SUITE_P(Modes, Processes, ::testing::Values(2, 4), [](const auto& info) {
    return "On" + std::to_string(info.param) + "Ranks";
});

}  // namespace
}  // namespace ringscope

int main(int argc, char** argv) {
    if (argc == 5 && std::string(argv[1]) == ringscope::rankArgument)
        return ringscope::checkAsRank(std::stoi(argv[2]), std::stoi(argv[3]), std::stoi(argv[4]));
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
