// Trainings that are cut off and go on: their losses are those of the training that was not.
#include "tests/e2e/cli.h"

#include <gmock/gmock.h>
#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>

namespace ringscope::test {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using ::testing::HasSubstr;

class Checkpoints : public ::testing::Test {
protected:
    std::filesystem::path root() const { return cli.folder() / "checkpoints"; }

    std::filesystem::path experiment(int steps, const std::string& more = "") const {
        return cli.write("kept.yaml",
                         "name: kept\n"
                         "model: {preset: nano}\n"
                         "train: {steps: " +
                             std::to_string(steps) +
                             ", seq_len: 128}\n"
                             "parallel: {sp: 2, mode: zigzag}\n"
                             "checkpoint: {every: 4, folder: " +
                             root().string() + "}\n" + more);
    }

    json runOf(const std::vector<std::string>& arguments) const {
        std::vector<std::string> words = {"run", "--no-reference", "--json"};
        words.insert(words.end(), arguments.begin(), arguments.end());
        const json session = cli.json(words);
        EXPECT_FALSE(session["runs"].empty()) << session.dump(1);
        return session["runs"].empty() ? json{} : session["runs"][0];
    }

    // The run itself, with its steps.
    json stored(const std::string& selector) const {
        return cli.json({"runs", "show", selector, "--json"})["runs"][0];
    }

    std::string log(const std::string& selector) const {
        return cli.run({"runs", "show", selector, "--log", "50"}).out;
    }

    std::vector<std::string> folders(const json& run) const {
        std::vector<std::string> names;
        const auto folder = root() / run["id"].get<std::string>();
        if (!std::filesystem::exists(folder)) return names;
        for (const auto& entry : std::filesystem::directory_iterator(folder))
            names.push_back(entry.path().filename().string());
        std::ranges::sort(names);
        return names;
    }

    static std::map<int, double> lossesOf(const json& run) {
        std::map<int, double> losses;
        for (std::size_t i = 0; i < run["losses"].size(); ++i)
            losses[run["first_step"].get<int>() + static_cast<int>(i)] = run["losses"][i];
        return losses;
    }

    // The steps that a resumed run did are those of the whole one, bit for bit.
    static void expectTheSameLosses(const json& rest, const json& whole, int first, int end) {
        const std::map<int, double> losses = lossesOf(rest);
        const std::map<int, double> wanted = lossesOf(whole);
        ASSERT_EQ(losses.size(), static_cast<std::size_t>(end - first));
        for (int step = first; step < end; ++step)
            EXPECT_EQ(losses.at(step), wanted.at(step)) << step;
    }

    Cli cli;
};

TEST_F(Checkpoints, GoOnWithTheLossesOfTheRunThatWasNotCutOff) {
    const json whole = stored(runOf({experiment(12)})["id"]);
    const json half = runOf({experiment(8)});
    EXPECT_THAT(folders(half), ::testing::ElementsAre("step-00000004", "step-00000008"));
    const json rest = stored(runOf({experiment(12), "--resume", half["id"]})["id"]);
    expectTheSameLosses(rest, whole, 8, 12);
    EXPECT_NE(rest["id"], half["id"]);
    EXPECT_THAT(
        rest["notes"].dump(),
        HasSubstr("continues run " + half["id"].get<std::string>().substr(0, 8) + " from step 8"));
    EXPECT_EQ(rest["continues"], json({{"run", half["id"]}, {"step", 8}}));
    EXPECT_EQ(rest["history"]["losses"], whole["losses"]);
    EXPECT_EQ(rest["history"]["cuts"], json({8}));
    EXPECT_EQ(rest["history"]["lost_steps"], 0);
    const json other =
        stored(runOf({experiment(12), "--resume",
                      (root() / half["id"].get<std::string>() / "step-00000004").string()})["id"]);
    expectTheSameLosses(other, whole, 4, 12);
    EXPECT_EQ(other["history"]["lost_steps"], 4);
    // Without a file, the checkpoint says what is trained.
    const json longer = stored(runOf({"--resume", half["id"], "--set", "train.steps=12"})["id"]);
    expectTheSameLosses(longer, whole, 8, 12);
}

TEST_F(Checkpoints, GoOnUnderAnotherMode) {
    const json whole = stored(runOf({experiment(12)})["id"]);
    const json half = runOf({experiment(8)});
    const json rest = stored(
        runOf({experiment(12), "--resume", half["id"], "--set", "parallel.mode=ulysses"})["id"]);
    const std::map<int, double> wanted = lossesOf(whole);
    ASSERT_EQ(lossesOf(rest).size(), 4U);
    for (const auto& [step, loss] : lossesOf(rest)) EXPECT_NEAR(loss, wanted.at(step), 1e-5 * loss);
}

TEST_F(Checkpoints, OnlyTheNewestAreKept) {
    const json run = runOf({experiment(16), "--set", "checkpoint.keep=2"});
    EXPECT_THAT(folders(run), ::testing::ElementsAre("step-00000012", "step-00000016"));
}

TEST_F(Checkpoints, RefuseWhatDoesNotFitInOneSentence) {
    const json half = runOf({experiment(8)});
    const std::string id = half["id"];
    const auto refusal = [&](std::vector<std::string> more) {
        std::vector<std::string> words = {"run", experiment(12).string(), "--resume", id};
        words.insert(words.end(), more.begin(), more.end());
        const Ended ended = cli.run(words);
        EXPECT_NE(ended.exitCode, 0);
        return ended.err;
    };
    EXPECT_THAT(refusal({"--set", "model.layers=3"}),
                HasSubstr("model.layers is 2 there and 3 here"));
    EXPECT_THAT(refusal({"--set", "model.vocab_size=300"}),
                HasSubstr("model.vocab_size is 256 there and 300 here"));
    EXPECT_THAT(refusal({"--set", "train.steps=8"}),
                HasSubstr("8 steps are done in the checkpoint and train.steps is 8"));
    const std::string text(4000, 'a');
    const auto data = cli.write("other.txt", text);
    EXPECT_THAT(refusal({"--set", "data.source=" + data.string()}), HasSubstr("other data"));
    EXPECT_THAT(cli.run({"run", "--resume", cli.folder().string()}).err,
                HasSubstr("there is no whole checkpoint in"));
}

TEST_F(Checkpoints, NameADamagedFile) {
    const json half = runOf({experiment(8)});
    const auto file =
        root() / half["id"].get<std::string>() / "step-00000008" / "rank-00001.safetensors";
    {
        std::fstream damaged(file, std::ios::in | std::ios::out | std::ios::binary);
        damaged.seekp(-5, std::ios::end);
        damaged.put('\x7f');
    }
    EXPECT_EQ(cli.run({"checkpoints", "verify", half["id"]}).exitCode, 7);
    const Ended ended = cli.run({"run", experiment(12), "--resume", half["id"]});
    EXPECT_EQ(ended.exitCode, 7);
    EXPECT_THAT(log("@last-run") + stored("@last-run").dump(),
                HasSubstr("rank-00001.safetensors' is damaged"));
    std::filesystem::resize_file(file, 100);
    EXPECT_THAT(cli.run({"run", experiment(12), "--resume", half["id"]}).err,
                HasSubstr("rank-00001.safetensors' has 100 bytes"));
}

TEST_F(Checkpoints, AreLostWithASentenceWhereTheFolderCannotBeWritten) {
    const auto taken = cli.write("taken", "a file");
    const json run = runOf({experiment(8), "--set", "checkpoint.folder=" + taken.string()});
    EXPECT_EQ(run["status"], "finished");
    EXPECT_THAT(log(run["id"]),
                HasSubstr("the checkpoint of step 4 is lost, and the training goes on"));
}

TEST_F(Checkpoints, ASignalWritesOneAndSaysHowTheRunGoesOn) {
    for (const int number : {SIGTERM, SIGUSR1}) {
        Program program(cli.words({"run", experiment(100'000), "--no-reference", "--json"}),
                        cli.options());
        ASSERT_TRUE(becomesTrue([&] {
            const Ended listed = cli.run({"runs", "ls", "--json", "--status", "running"});
            if (listed.exitCode != 0) return false;
            const json runs = json::parse(listed.out)["runs"];
            return !runs.empty() && !runs[0]["losses"].empty();
        }));
        program.signal(number);
        const Ended ended = program.wait(seconds(30));
        EXPECT_EQ(ended.exitCode, 143) << ended.err;
        EXPECT_TRUE(cli.nothingLeft(seconds(0)));
        const json run = stored("@last-run");
        EXPECT_EQ(run["status"], "cancelled");
        const auto done = run["steps"].get<int>();
        const std::string id = run["id"];
        EXPECT_EQ(run["reason"], "stopped; `ringscope run --resume " + id.substr(0, 8) +
                                     "` goes on from the checkpoint of step " +
                                     std::to_string(done));
        const json rest = stored(runOf({"--resume", id.substr(0, 8), "--set",
                                        "train.steps=" + std::to_string(done + 2)})["id"]);
        EXPECT_EQ(lossesOf(rest).size(), 2U);
        EXPECT_EQ(lossesOf(rest).begin()->first, done);
    }
}

TEST_F(Checkpoints, ARankThatIsKilledIsStartedAgain) {
    const json whole = stored(runOf({experiment(120)})["id"]);
    Program program(
        cli.words({"run", experiment(120), "--no-reference", "--set", "launch.retries=1"}),
        cli.options());
    ASSERT_TRUE(becomesTrue([&] {
        const Ended listed = cli.run({"runs", "ls", "--json", "--status", "running"});
        if (listed.exitCode != 0) return false;
        const json runs = json::parse(listed.out)["runs"];
        return !runs.empty() && runs[0]["losses"].size() > 5;
    }));
    const std::vector<pid_t> ranks = cli.ranks();
    ASSERT_EQ(ranks.size(), 2U);
    ::kill(ranks.back(), SIGKILL);
    EXPECT_EQ(program.wait(seconds(60)).exitCode, 0);
    const json run = stored("@last-run");
    EXPECT_EQ(run["status"], "finished");
    expectTheSameLosses(run, whole, 0, 120);
    EXPECT_THAT(run["notes"].dump(), HasSubstr("try 2 of 2 begins at step "));
    EXPECT_THAT(run["notes"].dump(), HasSubstr("was ended by SIGKILL"));
    EXPECT_THAT(log("@last-run"), HasSubstr("try 2 of 2 begins at step "));
}

TEST_F(Checkpoints, AreListedShownVerifiedAndRemoved) {
    const json run = runOf({experiment(8)});
    const std::string id = run["id"];
    const json all = cli.json({"checkpoints", "ls", root().string(), "--json"});
    ASSERT_EQ(all["checkpoints"].size(), 2U);
    EXPECT_EQ(all["checkpoints"][0]["step"], 8);
    EXPECT_EQ(all["checkpoints"][0]["run"], id);
    EXPECT_THAT(cli.run({"checkpoints", "show", id}).out, HasSubstr("8 steps are done"));
    EXPECT_THAT(cli.run({"checkpoints", "verify", id}).out, HasSubstr("step 8: whole"));
    EXPECT_THAT(cli.run({"checkpoints", "rm", id, "--keep", "1"}).out, HasSubstr("step-00000004"));
    EXPECT_THAT(folders(run), ::testing::ElementsAre("step-00000008"));
    EXPECT_EQ(cli.run({"checkpoints", "rm", id}).exitCode, 0);
    EXPECT_TRUE(folders(run).empty());
    EXPECT_THAT(cli.run({"checkpoints", "ls", id}).out, HasSubstr("no checkpoints"));
}

}  // namespace
}  // namespace ringscope::test
