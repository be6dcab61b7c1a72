// Runs that keep their weights, and what other programs get of them.
#include "tests/e2e/cli.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace ringscope::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

const fs::path models = RINGSCOPE_MODELS;

std::string bytesOf(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

class Exported : public ::testing::Test {
protected:
    // Trains, and returns the name of the run.
    void train(const std::string& name, const std::vector<std::string>& settings) const {
        const std::string small = smallExperiment();
        const fs::path file =
            cli.write(name + ".yaml", "name: " + name + small.substr(small.find('\n')));
        std::vector<std::string> line{"run", file.string(), "--no-reference"};
        for (const std::string& setting : settings) {
            line.emplace_back("--set");
            line.push_back(setting);
        }
        const Ended ended = cli.run(line);
        ASSERT_EQ(ended.exitCode, 0) << ended.err;
    }
    std::string folder(const std::string& name) const { return (cli.folder() / name).string(); }

    Cli cli;
};

TEST_F(Exported, WeightsThatDoNotMoveAreTheCheckpointsBytes) {
    for (const std::string family : {"gemma2", "deepseek-v3"}) {
        train(family,
              {"model.from=" + (models / family).string(), "train.lr=0", "parallel.mode=ring",
               "checkpoint.at_end=true", "data.tokenizer=ids",
               "data.source=" + (models / family / "tokens.npy").string(), "train.seq_len=16"});
        const Ended exported = cli.run({"model", "export", family, "-o", folder(family)});
        ASSERT_EQ(exported.exitCode, 0) << exported.err;
        for (const char* file : {"config.json", "model.safetensors"})
            EXPECT_EQ(bytesOf(fs::path(folder(family)) / file), bytesOf(models / family / file))
                << family << ' ' << file;
        const Ended again = cli.run({"model", "export", family, "-o", folder(family)});
        EXPECT_EQ(again.exitCode, 3);
        EXPECT_THAT(again.err, HasSubstr("holds the tensors of a model already"));
    }
}

TEST_F(Exported, ACheckpointIsCopiedByteForByte) {
    const std::string from = (models / "llama-shards").string();
    ASSERT_EQ(cli.run({"model", "export", from, "-o", folder("copy")}).exitCode, 0);
    for (const auto& entry : fs::directory_iterator(from)) {
        const std::string name = entry.path().filename();
        const bool part = name == "config.json" || name.starts_with("model");
        EXPECT_EQ(fs::exists(fs::path(folder("copy")) / name), part) << name;
        if (!part) continue;
        EXPECT_EQ(bytesOf(fs::path(folder("copy")) / name), bytesOf(entry.path())) << name;
    }
}

TEST_F(Exported, ATrainingOfOurOwnIsReadBack) {
    train("own", {"parallel.mode=zigzag", "checkpoint.at_end=true"});
    EXPECT_THAT(cli.run({"runs", "show", "own"}).out, HasSubstr("model.safetensors"));
    ASSERT_EQ(cli.run({"model", "export", "own", "-o", folder("out")}).exitCode, 0);
    const auto loss = [&](const std::string& model, const std::string& dump) {
        return cli.json({"model", "eval", model, "--tokens", (models / "llama/tokens.npy").string(),
                         "--dump", folder(dump), "--json"})["loss"];
    };
    EXPECT_EQ(loss("own", "a"), loss(folder("out"), "b"));
    EXPECT_EQ(cli.run({"runs", "rm", "own", "--yes"}).exitCode, 0);
    EXPECT_TRUE(fs::is_empty(cli.folder() / "weights"));
}

TEST_F(Exported, AModelThatNoFamilyComputesIsRefusedBeforeItIsTrained) {
    const fs::path file = cli.write("sinks.yaml", smallExperiment("checkpoint: {at_end: true}\n"));
    const Ended refused = cli.run({"run", file.string(), "--set", "model.attention_sinks=true"});
    EXPECT_NE(refused.exitCode, 0);
    EXPECT_THAT(refused.err,
                HasSubstr("checkpoint.at_end: no config.json says what this model is"));
    EXPECT_FALSE(fs::exists(cli.folder() / "weights"));
}

TEST_F(Exported, ARunWithoutWeightsSaysHowToKeepThem) {
    train("bare", {"parallel.mode=none"});
    const Ended refused = cli.run({"model", "export", "bare", "-o", folder("out")});
    EXPECT_EQ(refused.exitCode, 4);
    EXPECT_THAT(refused.err, HasSubstr("kept no weights; a run with checkpoint.at_end true"));
    EXPECT_FALSE(fs::exists(folder("out")));
    EXPECT_FALSE(fs::exists(cli.folder() / "weights"));
}

}  // namespace
}  // namespace ringscope::test
