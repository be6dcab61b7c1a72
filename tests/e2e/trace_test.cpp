// Traces of real ranks, analyzed and exported by the real program.
#include "backend/core/files.h"
#include "tests/e2e/cli.h"

#include <gtest/gtest.h>

namespace ringscope::testing {
namespace {

using nlohmann::json;

std::string tracedExperiment(const std::string& mode) {
    return "name: traced\n"
           "model: {preset: nano}\n"
           "train: {steps: 5, seq_len: 512}\n"
           "parallel: {sp: 2, mode: " +
           mode +
           "}\n"
           "profile: {steps: [2, 5]}\n";
}

json analyzed(const Cli& cli, const std::string& mode) {
    const auto file = cli.write(mode + ".yaml", tracedExperiment(mode));
    const Ended ran = cli.run({"run", file, "--no-reference"});
    EXPECT_EQ(ran.exitCode, 0) << ran.err;
    return cli.json({"trace", "analyze", "--json"});
}

class Trace : public ::testing::TestWithParam<const char*> {};

TEST_P(Trace, OfRealRanksAddsUpAndMeetsTheBytesThatWereSent) {
    const Cli cli;
    const json findings = analyzed(cli, GetParam());
    EXPECT_EQ(findings["steps"], 3);
    EXPECT_EQ(findings["dropped"], 0);
    EXPECT_EQ(findings["unmatched"], 0);
    EXPECT_EQ(findings["invariants_ok"], true) << findings["violations"];
    EXPECT_TRUE(findings["notes"].empty()) << findings["notes"];
    ASSERT_EQ(findings["ranks"].size(), 2U);

    const json run = cli.json({"runs", "show", "@last-run", "--json"})["runs"][0];
    for (const json& rank : findings["ranks"]) {
        EXPECT_GT(rank["attention_ns"], 0);
        EXPECT_GT(rank["comm_ns"], 0);
        EXPECT_LE(rank["compute_ns"], rank["span_ns"]);
        EXPECT_EQ(rank["hidden_ns"].get<std::int64_t>() + rank["exposed_ns"].get<std::int64_t>(),
                  rank["comm_ns"]);
        EXPECT_EQ(rank["wait_ns"].get<std::int64_t>() + rank["transfer_ns"].get<std::int64_t>(),
                  rank["comm_ns"]);
        // Attention, gradients and the few scalars of loss and norm.
        EXPECT_GE(rank["bytes"].get<std::int64_t>(),
                  3 * (run["comm_bytes_per_step"].get<std::int64_t>() +
                       run["gradient_bytes_per_step"].get<std::int64_t>()));
    }
}

INSTANTIATE_TEST_SUITE_P(OfEveryShardedMode, Trace,
                         ::testing::Values("legacy", "ring", "zigzag", "ulysses"),
                         [](const auto& test) { return std::string(test.param); });

TEST(TraceExport, DrawsEverySpanAndAnArrowForEachMessage) {
    const Cli cli;
    const json findings = analyzed(cli, "ring");
    ASSERT_EQ(cli.run({"trace", "export", "-o", "out.json"}).exitCode, 0);
    const json document = json::parse(readFile(cli.folder() / "out.json").value());
    std::map<std::string, int> phases;
    double attention = 0;
    for (const json& event : document["traceEvents"]) {
        ++phases[event["ph"]];
        if (event["ph"] == "X" && event["cat"] == "attention")
            attention += event["dur"].get<double>() * 1000;
    }
    EXPECT_GT(phases["X"], 0);
    EXPECT_EQ(phases["b"], phases["e"]);
    EXPECT_EQ(phases["s"], phases["f"]);
    EXPECT_GT(phases["s"], 0);
    double analyzedAttention = 0;
    for (const json& rank : findings["ranks"])
        analyzedAttention += rank["attention_ns"].get<double>();
    EXPECT_NEAR(attention, analyzedAttention, 1.0);
}

TEST(TraceAnalyze, SaysHowToRecordWhereARunHasNone) {
    const Cli cli;
    const auto file = cli.write("plain.yaml", smallExperiment());
    ASSERT_EQ(cli.run({"run", file, "--no-reference"}).exitCode, 0);
    const Ended ended = cli.run({"trace", "analyze"});
    EXPECT_EQ(ended.exitCode, 4);
    EXPECT_NE(ended.err.find("profile.steps"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace ringscope::testing
