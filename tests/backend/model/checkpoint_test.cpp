#include "backend/model/checkpoint.h"

#include "backend/core/files.h"
#include "backend/model/model_config_text.h"
#include "tests/backend/model/made_tensors.h"
#include "tests/support/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>
#include <algorithm>
#include <map>

#include <fcntl.h>
#include <unistd.h>
#include <cstring>

namespace ringscope {
namespace {
namespace fs = std::filesystem;
using test::writeFile;
using test::zeroTensor;

// A folder with a tiny Llama, from which tests take and to which they add.
class LlamaFolder : public ::testing::Test {
protected:
    LlamaFolder() {
        ModelConfig& model = description_.model;
        model.layers = 1;
        model.hiddenSize = 8;
        model.heads = 2;
        model.kvHeads = 1;
        model.ffnSize = 12;
        model.vocabSize = 10;
        config_ = modelConfigText(description_, {}).value();
        const WeightPlaces places =
            weightPlaces(*findFamily("llama"), description_, "model.").value();
        for (const auto& [name, shape] : places.tensors) shapes_[name] = shape;
    }
    std::string path() const { return folder_.path().string(); }

    void write(TensorType type = TensorType::F32) const {
        std::vector<OutgoingTensor> tensors;
        for (const auto& [name, shape] : shapes_) tensors.push_back(zeroTensor(name, type, shape));
        writeFile(folder_.path() / "config.json", config_);
        ASSERT_TRUE(writeTensorFile(folder_.path() / "model.safetensors", tensors, {}).ok());
    }
    std::string problem() const {
        write();
        const Result<Checkpoint> checkpoint = Checkpoint::open(folder_.path());
        return checkpoint.ok() ? "" : checkpoint.error().message;
    }

    test::TemporaryFolder folder_;
    ModelDescription description_;
    std::string config_;
    std::map<std::string, std::vector<std::int64_t>> shapes_;
};

TEST_F(LlamaFolder, OpensWithItsDescription) {
    write();
    const Result<Checkpoint> checkpoint = Checkpoint::open(folder_.path());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->description(), description_);
    EXPECT_EQ(checkpoint->pieces("layers.0.attention.qkv.weight").size(), 3U);
    EXPECT_EQ(checkpoint->tensor("lm_head.weight")->bytes.size(), 320U);
    EXPECT_EQ(checkpoint->tensor("more").error().message,
              fmt::format("'{}' has no tensor 'more'", path()));
}

TEST_F(LlamaFolder, SaysWhichTensorIsMissing) {
    shapes_.erase("model.layers.0.mlp.up_proj.weight");
    EXPECT_EQ(problem(), fmt::format("'{}' has no tensor 'model.layers.0.mlp.up_proj.weight', of "
                                     "shape [12, 8], which config.json asks for; is the folder "
                                     "complete?",
                                     path()));
}

TEST_F(LlamaFolder, SaysThatItsWeightsAreQuantized) {
    shapes_.erase("model.layers.0.mlp.up_proj.weight");
    shapes_["model.layers.0.mlp.up_proj.qweight"] = {1, 12};
    config_.insert(config_.find('{') + 1, "\"quantization_config\": {\"bits\": 4},");
    EXPECT_TRUE(
        problem().ends_with("which config.json asks for; the weights were quantized "
                            "(quantization_config), which are not read: take the model as "
                            "its maker trained it"))
        << problem();
}

TEST_F(LlamaFolder, SaysHowToGetWeightsOutOfMxfp4) {
    shapes_.erase("model.layers.0.mlp.up_proj.weight");
    shapes_["model.layers.0.mlp.up_proj.weight_blocks"] = {12, 1};
    EXPECT_TRUE(problem().ends_with(
        "which config.json asks for; it is there in MXFP4, which is not read: load the model in "
        "transformers with Mxfp4Config(dequantize=True), save it in bf16 and name that folder"))
        << problem();
}

TEST_F(LlamaFolder, SaysWhichTensorNobodyKnows) {
    shapes_["model.layers.0.self_attn.q_norm.weight"] = {4};
    EXPECT_EQ(problem(),
              fmt::format("'{}/model.safetensors': tensor 'model.layers.0.self_attn.q_norm.weight' "
                          "is none that a llama of this configuration has; do config.json and the "
                          "tensors belong together?",
                          path()));
}

TEST_F(LlamaFolder, SaysWhichShapeIsWrong) {
    shapes_["model.norm.weight"] = {1, 8};
    EXPECT_EQ(problem(), fmt::format("'{}/model.safetensors': tensor 'model.norm.weight' has the "
                                     "shape [1, 8], and config.json asks for [8]",
                                     path()));
}

TEST_F(LlamaFolder, SaysThatTheVocabularyIsNotTheTables) {
    shapes_["model.embed_tokens.weight"] = {12, 8};
    EXPECT_EQ(problem(),
              fmt::format("'{}/model.safetensors': tensor 'model.embed_tokens.weight' has the "
                          "shape [12, 8], and config.json asks for [10, 8]; vocab_size must be "
                          "the number of its rows",
                          path()));
}

TEST_F(LlamaFolder, IgnoresWhatFollowsFromItsConfiguration) {
    shapes_["model.layers.0.self_attn.rotary_emb.inv_freq"] = {2};
    EXPECT_EQ(problem(), "");
    description_.model.tiedHead = true;
    config_ = modelConfigText(description_, {}).value();
    EXPECT_EQ(problem(), "");
    EXPECT_EQ(Checkpoint::open(folder_.path())->ignoredTensors(),
              (std::vector<std::string>{"lm_head.weight",
                                        "model.layers.0.self_attn.rotary_emb.inv_freq"}));
}

TEST_F(LlamaFolder, RefusesTypesWhereTheyAreUsed) {
    write(TensorType::F8E4M3);
    const Result<Checkpoint> checkpoint = Checkpoint::open(folder_.path());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->tensor("lm_head.weight").error().message,
              fmt::format("'{}/model.safetensors': tensor 'lm_head.weight' is stored as F8_E4M3, "
                          "which is not read as weights; save the model as BF16, F16, F32 or F64",
                          path()));
}

TEST_F(LlamaFolder, MayLeaveOutThePrefixOfItsBody) {
    decltype(shapes_) bare;
    for (const auto& [name, shape] : shapes_)
        bare[name.starts_with("model.") ? name.substr(6) : name] = shape;
    shapes_ = bare;
    EXPECT_EQ(problem(), "");
}

// Layers behind the last one predict further tokens.
TEST(Checkpoint, LeavesTheExtraLayersOfDeepseekOut) {
    const test::TemporaryFolder folder;
    const fs::path original = fs::path(RINGSCOPE_FIXTURES) / "deepseek-v3";
    fs::copy(original / "config.json", folder.path());
    const std::string file = readFile(original / "model.safetensors").value();
    std::vector<OutgoingTensor> tensors;
    const TensorTable table = readTensorTable(file).value();
    for (const TensorEntry& entry : table.tensors)
        tensors.push_back(test::madeTensor(entry.name, entry.type, entry.shape,
                                           file.substr(entry.begin, entry.end - entry.begin)));
    tensors.push_back(zeroTensor("model.layers.3.eh_proj.weight", TensorType::F32, {2, 3}));
    ASSERT_TRUE(writeTensorFile(folder.path() / "model.safetensors", tensors, {}).ok());
    const Result<Checkpoint> checkpoint = Checkpoint::open(folder.path());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->ignoredTensors(),
              (std::vector<std::string>{"model.layers.3.eh_proj.weight"}));
}

// Bytes of a file that the machine has in memory.
std::uint64_t bytesInMemory(const fs::path& path) {
    const std::uintmax_t size = fs::file_size(path);
    const int file = ::open(path.c_str(), O_RDONLY);
    void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
    ::close(file);
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    std::vector<unsigned char> resident(size / page + 1);
    EXPECT_EQ(::mincore(mapped, size, resident.data()), 0);
    ::munmap(mapped, size);
    return page * static_cast<std::uint64_t>(std::ranges::count_if(
                      resident, [](unsigned char bits) { return (bits & 1U) != 0; }));
}

// 100 GB that nobody wrote: a sparse file.
TEST(Checkpoint, ReadsTheHeadersOfAHugeModelAlone) {
    ModelDescription description;
    ModelConfig& model = description.model;
    model.layers = 80;
    model.hiddenSize = 8192;
    model.heads = 64;
    model.kvHeads = 8;
    model.ffnSize = 22016;
    model.vocabSize = 32000;
    const test::TemporaryFolder folder;
    writeFile(folder.path() / "config.json", modelConfigText(description, {}).value());
    const WeightPlaces places = weightPlaces(*findFamily("llama"), description, "model.").value();
    std::string header = "{";
    std::uint64_t end = 0;
    for (const auto& [name, shape] : places.tensors) {
        const std::uint64_t bytes = *tensorBytes(TensorType::Bf16, shape);
        header += fmt::format(R"("{}":{{"dtype":"BF16","shape":{},"data_offsets":[{},{}]}},)", name,
                              shownShape(shape), end, end + bytes);
        end += bytes;
    }
    header.back() = '}';
    const std::string front = test::tensorFile(header, 0);
    const int file =
        ::open((folder.path() / "model.safetensors").c_str(), O_WRONLY | O_CREAT, 0600);
    ASSERT_EQ(::write(file, front.data(), front.size()), static_cast<ssize_t>(front.size()));
    ASSERT_EQ(::ftruncate(file, static_cast<off_t>(front.size() + end)), 0);
    ::close(file);
    EXPECT_GT(end, 100'000'000'000U);
    const Result<Checkpoint> checkpoint = Checkpoint::open(folder.path());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->files().headerBytes(), front.size());
    // The kernel reads somewhat ahead of what is looked at.
    EXPECT_LT(bytesInMemory(folder.path() / "model.safetensors"), 16U << 20);
}

}  // namespace
}  // namespace ringscope
