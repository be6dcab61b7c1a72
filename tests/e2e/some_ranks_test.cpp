// Runs of which only some ranks are recorded: profile.ranks.
#include "tests/e2e/cli.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <filesystem>

namespace ringscope::test {
namespace {

using nlohmann::json;

std::string someRanksExperiment(const std::string& more = "") {
    return "name: some\n"
           "model: {preset: nano}\n"
           "train: {steps: 5, seq_len: 512}\n"
           "parallel: {sp: 4, mode: ring}\n"
           "profile: {steps: [2, 4], ranks: [1, 2]}\n" +
           more;
}

std::vector<std::string> traceFilesOf(const Cli& cli, const json& run) {
    std::vector<std::string> names;
    const auto folder = cli.folder() / "traces" / run["id"].get<std::string>();
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(folder, absent))
        names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

TEST(SomeRanks, AreRecordedAndWhatTheOthersDidIsSaidToBeUnknown) {
    const Cli cli;
    const Ended ran =
        cli.run({"run", cli.write("some.yaml", someRanksExperiment()), "--no-reference"});
    ASSERT_EQ(ran.exitCode, 0) << ran.err;
    const json run = cli.json({"runs", "show", "@last-run", "--json"})["runs"][0];
    EXPECT_EQ(traceFilesOf(cli, run),
              (std::vector<std::string>{"rank-00001.trace", "rank-00002.trace"}));
    EXPECT_EQ(run["notes"],
              json::array({"of this run's 4 ranks, 1, 2 are recorded (profile.ranks)",
                           "of its trace wait and transfer are not told apart: 64 messages have an "
                           "end that is not in it"}));

    const json findings = cli.json({"trace", "analyze", "--json"});
    EXPECT_EQ(findings["steps"], 2);
    EXPECT_EQ(findings["invariants_ok"], true) << findings["violations"];
    EXPECT_EQ(findings["executed_mode"], "ring") << findings["executed"];
    ASSERT_EQ(findings["ranks"].size(), 2U);
    ASSERT_EQ(findings["notes"].size(), 2U) << findings["notes"];
    EXPECT_EQ(findings["notes"][0], "of 4 ranks, 1, 2 were to be recorded (profile.ranks)");
    EXPECT_GT(findings["unmatched"], 0);
    for (const json& rank : findings["ranks"]) {
        EXPECT_GT(rank["unpaired_ns"], 0);
        EXPECT_EQ(rank["wait_ns"].get<std::int64_t>() + rank["hidden_wait_ns"].get<std::int64_t>() +
                      rank["transfer_ns"].get<std::int64_t>() +
                      rank["unpaired_ns"].get<std::int64_t>(),
                  rank["comm_ns"]);
    }
    for (const json& blame : findings["blame"])
        EXPECT_TRUE(blame["rank"] == 1 || blame["rank"] == 2) << blame;

    EXPECT_TRUE(run["overlap"]["wait_ms_per_step"].is_null()) << run["overlap"];
    EXPECT_TRUE(run["overlap"]["late_rank"].is_null()) << run["overlap"];
    for (const char* figure :
         {"exposed_ms_per_step", "hidden_pct", "busbw_gb_per_s", "algbw_gb_per_s"}) {
        EXPECT_TRUE(run["overlap"][figure].is_number()) << figure;
        EXPECT_EQ(run["overlap"][figure], findings[figure]) << figure;
    }
    const Ended shown = cli.run({"runs", "show", "@last-run"});
    EXPECT_NE(shown.out.find("busbw "), std::string::npos) << shown.out;
    EXPECT_EQ(shown.out.find(" ms wait"), std::string::npos) << shown.out;
    const Ended text = cli.run({"trace", "analyze"});
    EXPECT_NE(text.out.find("unpaired"), std::string::npos) << text.out;

    ASSERT_EQ(cli.run({"trace", "export", "-o", "out.json"}).exitCode, 0);
    const json again = cli.json({"trace", "analyze", "out.json", "--json"});
    EXPECT_EQ(again["ranks"], findings["ranks"]);
    EXPECT_EQ(again["notes"], findings["notes"]);
    EXPECT_EQ(cli.run({"trace", "steps"}).exitCode, 0);
    EXPECT_EQ(cli.json({"trace", "diff", "@last-run", "out.json", "--json"})["notes"].size(), 2U);
}

TEST(SomeRanks, MayBeNoneOfAModeThatRunsOnOne) {
    const Cli cli;
    const auto file =
        cli.write("some.yaml", someRanksExperiment("matrix: {parallel.mode: [none, zigzag]}\n"));
    const Ended ran = cli.run({"run", file});
    ASSERT_EQ(ran.exitCode, 0) << ran.err;
    const json none = cli.json({"runs", "show", "some/none", "--json"})["runs"][0];
    EXPECT_TRUE(none["overlap"].is_null());
    EXPECT_TRUE(traceFilesOf(cli, none).empty());
    EXPECT_EQ(none["notes"].back(),
              "this run's only rank is not in profile.ranks; nothing is recorded");
}

TEST(SomeRanks, AreOfTheRunOrTheFileIsRefusedWhereItSaysSo) {
    const Cli cli;
    const auto file = cli.write("some.yaml", someRanksExperiment());
    const Ended ended = cli.run({"run", file, "--set", "profile.ranks=[1, 4]"});
    EXPECT_EQ(ended.exitCode, 3);
    EXPECT_NE(ended.err.find("--set profile.ranks: profile.ranks names rank 4, but parallel.sp (4) "
                             "x parallel.dp (1) are 4 ranks; the last is 3"),
              std::string::npos)
        << ended.err;
}

}  // namespace
}  // namespace ringscope::test
