// `ringscope model eval` with real ranks, on the fixture of a family whose layers differ.
#include "tests/e2e/cli.h"

#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace ringscope::test {
namespace {

using nlohmann::json;

const std::string folder = RINGSCOPE_MODELS "/gemma2";
const std::string tokens = RINGSCOPE_MODELS "/gemma2/tokens.npy";

// What a safetensors file of doubles holds, in the order of the file.
std::vector<double> doublesBehindHeader(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    std::uint64_t header = 0;
    std::memcpy(&header, bytes.data(), sizeof header);
    std::vector<double> values((bytes.size() - sizeof header - header) / sizeof(double));
    std::memcpy(values.data(), bytes.data() + sizeof header + header,
                values.size() * sizeof(double));
    return values;
}

class Evaluated : public ::testing::Test {
protected:
    std::vector<std::string> line(const std::string& mode, const std::string& ranks) const {
        return {"model",   "eval", folder,   "--tokens", tokens,        "--mode", mode,
                "--ranks", ranks,  "--dump", dump(mode), "--gradients", "--json"};
    }
    std::string dump(const std::string& mode) const { return (cli.folder() / mode).string(); }

    Cli cli;
};

TEST_F(Evaluated, HasTheSameLossUnderAModeAndWritesWhatItFound) {
    const json alone = cli.json(line("none", "1"));
    const json split = cli.json(line("zigzag", "2"));
    EXPECT_EQ(alone["schema_version"], 2);
    EXPECT_EQ(alone["labelled_tokens"], 46);
    EXPECT_NEAR(alone["mean_loss"], 5.19074, 1e-4);  // what transformers computes
    EXPECT_NEAR(split["loss"], alone["loss"], 1e-3);
    EXPECT_EQ(split["ranks"], 2);
    for (const char* mode : {"none", "zigzag"}) {
        // 2 sequences of 24 tokens, 83 ids, behind a header of a multiple of 64 bytes.
        const auto size = std::filesystem::file_size(dump(mode) + "/logits.npy");
        EXPECT_EQ((size - 2 * 24 * 83 * sizeof(float)) % 64, 0U) << mode;
        EXPECT_TRUE(std::filesystem::exists(dump(mode) + "/gradients.safetensors")) << mode;
    }
}

// Gradients of experts come from the ranks that hold them.
TEST_F(Evaluated, HasTheSameGradientsWhereRanksShareExperts) {
    const std::string experts = RINGSCOPE_MODELS "/deepseek-v3";
    const auto evaluated = [&](const std::string& name, const std::vector<std::string>& more) {
        std::vector<std::string> line{
            "model",  "eval",     experts,       "--tokens", experts + "/tokens.npy",
            "--dump", dump(name), "--gradients", "--dtype",  "fp64",
            "--json"};
        line.insert(line.end(), more.begin(), more.end());
        const json loss = cli.json(line)["loss"];
        return std::pair(loss.get<double>(), dump(name) + "/gradients.safetensors");
    };
    const auto alone = evaluated("alone", {});
    const auto shared = evaluated("shared", {"--mode", "ring", "--ranks", "2", "--ep", "2"});
    EXPECT_NEAR(shared.first, alone.first, 1e-9);
    const std::vector<double> wanted = doublesBehindHeader(alone.second);
    const std::vector<double> found = doublesBehindHeader(shared.second);
    ASSERT_GT(wanted.size(), 1000U);
    EXPECT_THAT(found, ::testing::Pointwise(::testing::DoubleNear(1e-9), wanted));
}

TEST_F(Evaluated, NeverOverwritesAndSaysWhatCannotBe) {
    ASSERT_EQ(cli.run(line("none", "1")).exitCode, 0);
    const Ended again = cli.run(line("none", "1"));
    EXPECT_EQ(again.exitCode, 3);
    EXPECT_THAT(again.err, ::testing::HasSubstr("a dump never overwrites one"));

    const Ended refused = cli.run(line("ulysses", "3"));
    EXPECT_EQ(refused.exitCode, 8);
    EXPECT_THAT(refused.err, ::testing::HasSubstr("ulysses needs heads divisible by ranks"));

    std::vector<std::string> elsewhere = line("ring", "2");
    elsewhere[2] = "./none";
    const Ended absent = cli.run(elsewhere);
    EXPECT_NE(absent.exitCode, 0);
    EXPECT_THAT(absent.err, ::testing::HasSubstr("./none/config.json"));
    EXPECT_FALSE(std::filesystem::exists(dump("ring")));
}

}  // namespace
}  // namespace ringscope::test
