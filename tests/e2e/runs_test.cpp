// What is known of a run afterwards, and what can be done with it: real ranks, real files.
#include "backend/core/files.h"
#include "backend/core/sha256.h"
#include "tests/e2e/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class StoredRuns : public ::testing::Test {
protected:
    nlohmann::json newest(const std::string& selector = "@last-run") const {
        return cli.json({"runs", "show", selector, "--json"})["runs"][0];
    }

    Cli cli;
    fs::path experiment = cli.write("one.yaml", smallExperiment("profile: {steps: [2, 3]}\n"));
};

TEST_F(StoredRuns, KnowTheirMachineAndTheCommandThatRepeatsThem) {
    ASSERT_EQ(cli.run({"run", experiment, "--no-reference"}).exitCode, 0);
    const nlohmann::json environment = newest()["environment"];
    ASSERT_EQ(environment["hosts"].size(), 1U);
    const nlohmann::json host = environment["hosts"][0];
    EXPECT_EQ(host["host"], "localhost");
    EXPECT_GE(host["cores"], 1);
    EXPECT_GT(host["memory_bytes"], 0);
    EXPECT_TRUE(host["processor"].is_string());
    EXPECT_THAT(host["system"], StartsWith("Linux "));
    EXPECT_EQ(environment["network"], "loopback");
    EXPECT_THAT(environment["command"].get<std::string>(),
                HasSubstr("run " + experiment.string() + " --no-reference"));
    EXPECT_EQ(environment["folder"], cli.folder().string());
}

TEST_F(StoredRuns, RunAgainAsNewRunsOfTheSameExperiment) {
    ASSERT_EQ(cli.run({"run", experiment, "--no-reference"}).exitCode, 0);
    const nlohmann::json first = newest();
    const nlohmann::json again = cli.json(
        {"runs", "rerun", "small/zigzag", "--set", "train.steps=3", "--no-reference", "--json"});
    ASSERT_EQ(again["runs"].size(), 1U);
    EXPECT_EQ(again["runs"][0]["name"], "small/zigzag");
    EXPECT_NE(again["runs"][0]["id"], first["id"]);
    EXPECT_EQ(again["runs"][0]["steps"], 3);
    EXPECT_EQ(again["runs"][0]["losses"][0], first["losses"][0]) << "the same computation";
}

// A newer run that cannot answer does not hide an older one that can.
TEST_F(StoredRuns, ATraceIsFoundBehindANewerRunWithoutOne) {
    ASSERT_EQ(cli.run({"run", experiment, "--no-reference"}).exitCode, 0);
    const std::string recorded = newest()["id"];
    ASSERT_EQ(
        cli.run({"run", experiment, "--no-reference", "--set", "profile.steps=null"}).exitCode, 0);
    const Ended ended = cli.run({"trace", "info", "small/zigzag"});
    EXPECT_EQ(ended.exitCode, 0) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("'small/zigzag' is run " + recorded.substr(0, 8)));
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
}

TEST_F(StoredRuns, AreExportedWithTheirTraceAndRemovedWithIt) {
    ASSERT_EQ(cli.run({"run", experiment, "--no-reference"}).exitCode, 0);
    const fs::path out = cli.folder() / "out";
    ASSERT_EQ(cli.run({"runs", "export", "small/zigzag", "-o", out}).exitCode, 0);
    EXPECT_TRUE(fs::exists(out / "trace" / "rank-00000.trace"));
    EXPECT_TRUE(fs::exists(out / "trace" / "rank-00001.trace"));
    EXPECT_EQ(cli.run({"trace", "info", out / "trace"}).exitCode, 0);
    EXPECT_EQ(cli.run({"run", out / "config.yaml", "--dry-run"}).exitCode, 0);

    const fs::path traces = cli.folder() / "traces";
    EXPECT_FALSE(fs::is_empty(traces));
    ASSERT_EQ(cli.run({"runs", "rm", "small/zigzag", "--yes"}).exitCode, 0);
    EXPECT_TRUE(fs::is_empty(traces));
    EXPECT_EQ(cli.json({"runs", "ls", "--archived", "--json"})["runs"].size(), 0U);
}

TEST_F(StoredRuns, AreFollowedToTheirEnd) {
    Program running(cli.words({"run", experiment, "--no-reference", "--set", "train.steps=40"}),
                    cli.options());
    ASSERT_TRUE(becomesTrue([&] {
        return cli.run({"runs", "ls", "--where", "state=running", "--json"}).out.find("small") !=
               std::string::npos;
    }));
    const Ended followed = cli.run({"runs", "show", "@last-run", "--follow"});
    EXPECT_EQ(followed.exitCode, 0) << followed.err;
    EXPECT_THAT(followed.err, HasSubstr("small/zigzag: "));
    EXPECT_THAT(followed.err, HasSubstr(" tokens/s, "));
    EXPECT_EQ(running.wait().exitCode, 0);
}

}  // namespace
}  // namespace ringscope::test
