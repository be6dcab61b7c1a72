// What is trained on: real ranks, real files, and the tokens that are kept.
#include "tests/e2e/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <csignal>
#include <fstream>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;

// Questions and answers of many lengths.
std::string sums(int lines) {
    std::string text;
    for (int i = 0; i < lines; ++i)
        text += json{{"prompt", std::to_string(i * 7919) + " + 1 ="},
                     {"completion", " " + std::string(static_cast<std::size_t>(1 + i % 9), '7')}}
                    .dump() +
                "\n";
    return text;
}

ProgramOptions withCache(const Cli& cli) {
    ProgramOptions options = cli.options();
    options.environment["RINGSCOPE_CACHE"] = (cli.folder() / "cache").string();
    return options;
}

std::vector<std::string> keptFiles(const Cli& cli) {
    std::vector<std::string> endings;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(cli.folder() / "cache" / "tokens", none))
        endings.push_back(entry.path().extension().string());
    return endings;
}

TEST(Data, OfAnswersTrainsTheSameModelUnderEveryMode) {
    const Cli cli;
    cli.write("sums.jsonl", sums(40));
    const auto file = cli.write(
        "sft.yaml", smallExperiment("data: {source: sums.jsonl, validation: 0.1}\n"
                                    "matrix: {parallel.mode: [ring, zigzag, ulysses]}\n"));
    const json result =
        cli.json({"run", file, "--json", "--set", "train.task=sft", "--set", "train.grad_accum=2"});
    ASSERT_EQ(result["runs"].size(), 3U);
    for (const json& run : result["runs"]) {
        SCOPED_TRACE(run["mode"]);
        EXPECT_EQ(run["status"], "finished");
        EXPECT_EQ(run["comm_bytes_per_step"], run["predicted_comm_bytes_per_step"]);
        EXPECT_LE(run["parity"]["max_loss_diff"], 1e-5);
    }
    const Ended log = cli.run({"runs", "show", "@last", "--log"});
    EXPECT_THAT(log.out, HasSubstr("are kept out of training: 4 of 40 documents"));
    const json shown = cli.json({"data", "show", "@last", "--json"});
    EXPECT_EQ(shown["validation"]["documents"], 4);
    EXPECT_EQ(shown["order"], "shuffled");
}

TEST(Data, ThatIsLargeBecomesTokensOnceForAllRanksAndRuns) {
    const Cli cli;
    cli.write("sums.jsonl", sums(30'000));
    const auto file =
        cli.write("large.yaml", smallExperiment("data: {source: sums.jsonl}\n"
                                                "matrix: {parallel.mode: [ring, zigzag]}\n"));
    const Ended ran = runProgram(cli.words({"run", file, "--no-reference"}), withCache(cli));
    EXPECT_EQ(ran.exitCode, 0) << ran.err;
    EXPECT_EQ(keptFiles(cli), std::vector<std::string>{".tokens"});
    const Ended listed = runProgram(cli.words({"data", "cache", "--json"}), withCache(cli));
    EXPECT_EQ(json::parse(listed.out)["files"].size(), 1U);
    const Ended cleared = runProgram(cli.words({"data", "cache", "--clear"}), withCache(cli));
    EXPECT_THAT(cleared.out, HasSubstr("0 files of tokens"));
    EXPECT_THAT(keptFiles(cli), ::testing::IsEmpty());
}

TEST(Data, IsMadeAgainWhereWhoMadeItWasKilled) {
    const Cli cli;
    cli.write("sums.jsonl", sums(60'000));
    const std::vector<std::string> words =
        cli.words({"data", "show", "sums.jsonl", "--sequences", "0", "-s", "train.seq_len=64"});
    {
        const Program maker(words, withCache(cli));
        EXPECT_TRUE(becomesTrue([&] { return !keptFiles(cli).empty(); }));
        maker.signal(SIGKILL);
    }
    const Ended shown = runProgram(words, withCache(cli));
    EXPECT_EQ(shown.exitCode, 0) << shown.err;
    EXPECT_EQ(keptFiles(cli), std::vector<std::string>{".tokens"});
}

}  // namespace
}  // namespace ringscope::test
