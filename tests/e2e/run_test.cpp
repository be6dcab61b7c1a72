// `ringscope run` and what it leaves behind, with real ranks.
#include "tests/e2e/cli.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <fstream>

namespace ringscope::test {
namespace {

using nlohmann::json;

TEST(Run, ComparesEveryModeWithTheUnshardedRunAndMeetsThePredictedBytes) {
    const Cli cli;
    const auto file = cli.write(
        "all.yaml",
        smallExperiment("matrix: {parallel.mode: [none, legacy, ring, zigzag, ulysses]}\n"));
    const json result = cli.json({"run", file, "--json"});

    EXPECT_EQ(result["schema_version"], 2);
    ASSERT_EQ(result["runs"].size(), 5U);
    for (const json& run : result["runs"]) {
        SCOPED_TRACE(run["mode"]);
        EXPECT_EQ(run["status"], "finished");
        EXPECT_EQ(run["ranks"], run["mode"] == "none" ? 1 : 2);
        EXPECT_EQ(run["seq_len"], 256);
        EXPECT_EQ(run["steps"], 4);
        EXPECT_EQ(run["losses"].size(), 4U);
        EXPECT_EQ(run["grad_norms"].size(), 4U);
        EXPECT_GT(run["tokens_per_s"], 0);
        EXPECT_GT(run["step_ms"]["median"], 0);
        EXPECT_GE(run["step_ms"]["p95"], run["step_ms"]["median"]);
        EXPECT_GT(run["peak_bytes"], 100'000);
        EXPECT_EQ(run["comm_bytes_per_step"], run["predicted_comm_bytes_per_step"]);
        EXPECT_EQ(run["comm_bytes_per_step"] == 0, run["mode"] == "none");
        EXPECT_LE(run["parity"]["max_loss_diff"], 1e-5);
        EXPECT_LE(run["parity"]["max_grad_norm_rel_diff"], 1e-4);
    }
}

TEST(Run, StartsTheUnshardedReferenceItselfAndUsesItAgain) {
    const Cli cli;
    const auto file = cli.write("one.yaml", smallExperiment());
    const json first = cli.json({"run", file, "--json"});
    ASSERT_EQ(first["runs"].size(), 1U);
    ASSERT_EQ(first["references"].size(), 1U);
    EXPECT_EQ(first["references"][0]["mode"], "none");
    EXPECT_LE(first["runs"][0]["parity"]["max_loss_diff"], 1e-5);

    const json second = cli.json({"run", file, "--json"});
    EXPECT_EQ(second["runs"][0]["parity"]["reference"], first["references"][0]["id"]);

    const json without =
        cli.json({"run", file, "--json", "--no-reference", "--set", "train.seed=7"});
    EXPECT_TRUE(without["runs"][0]["parity"].is_null());
}

TEST(Run, TrainsReplicasInTwoBytesAndHoldsThemAgainstOneRank) {
    const Cli cli;
    const auto file = cli.write("replicas.yaml", smallExperiment());
    const json result = cli.json(
        {"run", file, "--json", "--set", "parallel.dp=2", "--set", "train.precision=bf16"});
    const json& run = result["runs"][0];
    EXPECT_EQ(run["ranks"], 4);
    EXPECT_EQ(run["comm_bytes_per_step"], run["predicted_comm_bytes_per_step"]);
    EXPECT_EQ(run["parity"]["verdict"], "same");
    EXPECT_LE(run["parity"]["max_loss_diff"], 2e-3);
    EXPECT_EQ(result["references"][0]["ranks"], 1);
}

TEST(Run, TrainsPatternsInTwoBytesAndCallsThemAnotherModel) {
    const Cli cli;
    const auto file =
        cli.write("patterns.yaml", smallExperiment("matrix: {parallel.mode: [zigzag, ulysses]}\n"));
    for (const std::vector<std::string>& pattern :
         {std::vector<std::string>{"kind=dilated", "segments=[64, 256]", "rates=[1, 2]"},
          {"kind=block_sparse", "block=32", "local=1", "stride=3"},
          {"kind=block_sparse", "block=32", "top_k=3"}}) {
        std::vector<std::string> words = {"run", file, "--json", "--set", "train.precision=bf16"};
        for (const std::string& field : pattern) {
            words.emplace_back("--set");
            words.push_back("attention.pattern." + field);
        }
        const json result = cli.json(words);
        ASSERT_EQ(result["runs"].size(), 2U);
        for (const json& run : result["runs"]) {
            SCOPED_TRACE(pattern.back() + " " + run["mode"].get<std::string>());
            EXPECT_EQ(run["status"], "finished");
            EXPECT_EQ(run["comm_bytes_per_step"], run["predicted_comm_bytes_per_step"]);
            EXPECT_EQ(run["parity"]["verdict"], "another model");
            EXPECT_LE(run["parity"]["max_loss_diff"], 2e-3);
        }
    }
}

TEST(Run, EndsWhereARanksBudgetHasNoRoomAndSaysWhatWouldHelp) {
    const Cli cli;
    const auto file = cli.write("budget.yaml", smallExperiment());
    const Ended ended = cli.run({"run", file, "--no-reference", "--set", "memory.budget=200KiB"});
    EXPECT_NE(ended.exitCode, 0);
    const std::string said = ended.out + ended.err;
    EXPECT_NE(said.find("memory.budget (200 KiB) has no room for "), std::string::npos) << said;
    EXPECT_NE(said.find("; less is needed with "), std::string::npos) << said;
    EXPECT_TRUE(cli.nothingLeft(std::chrono::seconds(10)));
}

TEST(Run, KeepsRepeatsApartAndTakesTheirMedian) {
    const Cli cli;
    const auto file = cli.write("twice.yaml", smallExperiment("repeat: 3\n"));
    const json result = cli.json({"run", file, "--json"});
    ASSERT_EQ(result["runs"].size(), 3U);
    EXPECT_EQ(result["runs"][0]["losses"], result["runs"][2]["losses"]);
    const Ended compared = cli.run({"compare", "--json"});
    EXPECT_EQ(compared.exitCode, 0) << compared.err;
}

TEST(Run, RefusesAModeThatCannotRunWithItsReason) {
    const Cli cli;
    const auto file = cli.write("heads.yaml",
                                "model: {preset: nano, hidden_size: 48, heads: 6, kv_heads: 6}\n"
                                "train: {seq_len: 256}\n"
                                "parallel: {mode: ulysses, sp: 4}\n");
    const Ended ended = cli.run({"run", file});
    EXPECT_EQ(ended.exitCode, 3);
    EXPECT_NE(ended.err.find("ulysses needs heads divisible by ranks: 6 heads, 4 ranks; legal: "
                             "1, 2, 3, 6"),
              std::string::npos)
        << ended.err;
    EXPECT_FALSE(std::filesystem::exists(cli.store()));
}

TEST(Run, NamesFileLineAndColumnOfEveryMistake) {
    const Cli cli;
    const auto file = cli.write("wrong.yaml",
                                "model:\n"
                                "  hiden_size: 64\n"
                                "train:\n"
                                "  steps: many\n");
    const Ended ended = cli.run({"run", file});
    EXPECT_EQ(ended.exitCode, 3);
    EXPECT_NE(ended.err.find("wrong.yaml:2:3: "), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find("hidden_size"), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find("wrong.yaml:4:10: "), std::string::npos) << ended.err;
}

TEST(Run, DryRunPrintsThePlanAndStartsNothing) {
    const Cli cli;
    const auto file = cli.write("plan.yaml", smallExperiment());
    const Ended ended = cli.run({"run", "--dry-run", file});
    EXPECT_EQ(ended.exitCode, 0);
    EXPECT_NE(ended.out.find("zigzag"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(cli.store()));
}

TEST(Run, AnswersAMissingFileWithItsName) {
    const Cli cli;
    const Ended ended = cli.run({"run", "absent.yaml"});
    EXPECT_EQ(ended.exitCode, 4);
    EXPECT_NE(ended.err.find("absent.yaml"), std::string::npos);
}

TEST(Run, AModeThatCannotRunStopsNoOther) {
    const Cli cli;
    const auto file = cli.write("three.yaml",
                                "name: three\n"
                                "model: {preset: nano, hidden_size: 48, heads: 6, kv_heads: 6}\n"
                                "train: {steps: 2, seq_len: 64}\nparallel: {sp: 4}\n"
                                "matrix: {parallel.mode: [ring, ulysses]}\n");
    const Ended ended = cli.run({"run", file, "--json", "--no-reference"});
    EXPECT_EQ(ended.exitCode, 8) << ended.err;
    EXPECT_NE(ended.err.find("1 of 2 runs cannot work (ulysses): ulysses needs heads"),
              std::string::npos)
        << ended.err;
    const json result = json::parse(ended.out);
    ASSERT_EQ(result["runs"].size(), 1U);
    EXPECT_EQ(result["runs"][0]["status"], "finished");
    EXPECT_EQ(result["refusals"][0]["mode"], "ulysses");
    EXPECT_EQ(result["exit_code"], 8);
}

TEST(Demo, RunsFourModesAndWritesAReportWithoutAnyLinkOut) {
    const Cli cli;
    const auto report = cli.folder() / "demo.html";
    const Ended ended = cli.run({"demo", "--report", report, "--set", "model.preset=nano", "--set",
                                 "train.seq_len=256", "--set", "train.steps=3"});
    ASSERT_EQ(ended.exitCode, 0) << ended.err;
    for (const char* mode : {"legacy", "ring", "zigzag", "ulysses"})
        EXPECT_NE(ended.out.find(mode), std::string::npos) << ended.out;
    EXPECT_NE(ended.out.find("demo.html"), std::string::npos);
    EXPECT_NE(ended.out.find("ringscope-gui"), std::string::npos);
    std::ifstream file(report);
    const std::string html((std::istreambuf_iterator<char>(file)), {});
    EXPECT_NE(html.find("<svg"), std::string::npos);
    EXPECT_EQ(html.find("http://"), std::string::npos);
    EXPECT_EQ(html.find("https://"), std::string::npos);
}

TEST(Demo, IsOneObjectForPrograms) {
    const Cli cli;
    const json result =
        cli.json({"demo", "--json", "--report", cli.folder() / "demo.html", "--set",
                  "model.preset=nano", "--set", "train.seq_len=256", "--set", "train.steps=2"});
    EXPECT_EQ(result["schema_version"], 2);
    EXPECT_EQ(result["runs"].size(), 4U);
    EXPECT_TRUE(result["refusals"].empty());
}

TEST(Report, WritesEveryFormatFromTheStore) {
    const Cli cli;
    const auto file = cli.write("one.yaml", smallExperiment());
    ASSERT_EQ(cli.run({"run", file}).exitCode, 0);
    for (const char* name : {"out.html", "out.md", "out.csv", "out.json"}) {
        const Ended ended = cli.run({"report", "@last", "-o", name});
        EXPECT_EQ(ended.exitCode, 0) << name << ": " << ended.err;
        EXPECT_GT(std::filesystem::file_size(cli.folder() / name), 200U) << name;
    }
    if (std::filesystem::exists(RINGSCOPE_BIN "/ringscope-gui")) {
        const Ended pdf = cli.run({"report", "@last", "-o", "out.pdf", "--title", "On paper"});
        EXPECT_EQ(pdf.exitCode, 0) << pdf.err;
        std::string begin(7, ' ');
        std::ifstream(cli.folder() / "out.pdf").read(begin.data(), 7);
        EXPECT_EQ(begin, "%PDF-1.");
        EXPECT_EQ(cli.run({"report", "@last", "-o", "/dev/full/out.pdf"}).exitCode, 6);
    }
    const Ended unknown = cli.run({"report", "@last", "-o", "out.docx"});
    EXPECT_EQ(unknown.exitCode, 2);
    EXPECT_NE(unknown.err.find("html"), std::string::npos) << unknown.err;
}

TEST(Runs, ListsAndShowsWhatWasRun) {
    const Cli cli;
    const auto file = cli.write("one.yaml", smallExperiment());
    const json result = cli.json({"run", file, "--json"});
    const json list = cli.json({"runs", "ls", "--json"});
    EXPECT_EQ(list["runs"].size(), 2U);  // the run and its reference
    const std::string id = result["runs"][0]["id"];
    const Ended shown = cli.run({"runs", "show", id.substr(0, 8)});
    EXPECT_EQ(shown.exitCode, 0);
    EXPECT_NE(shown.out.find(id), std::string::npos);
    const Ended unknown = cli.run({"runs", "show", "nobody"});
    EXPECT_EQ(unknown.exitCode, 4);
}

TEST(Config, ShowsWhereEachValueCameFrom) {
    const Cli cli;
    const auto file = cli.write("one.yaml", smallExperiment());
    ProgramOptions options = cli.options();
    options.environment["RINGSCOPE_MODEL__HIDDEN_SIZE"] = "128";
    const Ended ended = runProgram(
        cli.words({"config", "show", file, "--origin", "--set", "train.lr=0.01"}), options);
    ASSERT_EQ(ended.exitCode, 0) << ended.err;
    for (const char* origin :
         {"RINGSCOPE_MODEL__HIDDEN_SIZE", "--set", "one.yaml:3", "preset nano", "default"})
        EXPECT_NE(ended.out.find(origin), std::string::npos) << origin << " in\n" << ended.out;
}

TEST(CommandLine, ExitsWithTwoOnAMistakeAndZeroOnHelp) {
    const Cli cli;
    EXPECT_EQ(cli.run({"runn"}).exitCode, 2);
    EXPECT_EQ(cli.run({"run"}).exitCode, 2);
    EXPECT_EQ(cli.run({"report", "@last"}).exitCode, 2);
    EXPECT_EQ(cli.run({"--help"}).exitCode, 0);
    EXPECT_EQ(cli.run({"run", "--help"}).exitCode, 0);
    EXPECT_EQ(cli.run({"--version"}).exitCode, 0);
    EXPECT_EQ(cli.run({"version", "--json"}).exitCode, 0);
}

TEST(Doctor, TrainsTwoStepsOnTwoRealRanks) {
    const Cli cli;
    const json result = cli.json({"doctor", "--json"});
    EXPECT_EQ(result["schema_version"], 2);
    EXPECT_EQ(result["ok"], true) << result.dump(2);
    std::vector<std::string> names;
    for (const json& check : result["checks"]) names.push_back(check["name"]);
    for (const char* name : {"machine", "memory", "disk", "gpu", "driver", "cupti", "nccl", "ssh",
                             "store", "launch", "training", "window"})
        EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
    EXPECT_FALSE(std::filesystem::exists(cli.store())) << "looking must not make a store";
}

TEST(WithoutLoopback, SaysSoBeforeARankStarts) {
    const Cli cli;
    std::vector<std::string> words =
        cli.words({"run", cli.write("small.yaml", smallExperiment()), "--no-reference"});
    words.insert(words.begin(), {"unshare", "-rn"});
    if (runProgram({"unshare", "-rn", "true"}).exitCode != 0)
        GTEST_SKIP() << "a network of its own cannot be made here";
    const Ended ended = runProgram(words, cli.options());
    EXPECT_EQ(ended.exitCode, 6) << ended.err;
    EXPECT_NE(ended.err.find("ip link set lo up"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace ringscope::test
