#include "backend/model/adapter_folder.h"

#include "backend/core/files.h"
#include "backend/model/adapter_merge.h"
#include "backend/model/checkpoint.h"
#include "backend/model/linear_layers.h"
#include "backend/model/stored_numbers.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

namespace ringscope {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

fs::path modelOf(const std::string& name) { return fs::path(RINGSCOPE_FIXTURES) / name; }
fs::path adapterOf(const std::string& name) {
    return fs::path(RINGSCOPE_FIXTURES).parent_path() / "adapters" / name;
}

// A copy of the recorded adapter, to be changed.
class AdapterCopy : public ::testing::Test {
protected:
    void SetUp() override {
        for (const std::string_view name : {adapterConfigName, adapterTensorName})
            fs::copy_file(adapterOf("llama") / name, folder_ / name);
    }
    std::string config() const { return readTextFile(folder_ / adapterConfigName).value(); }
    void replace(const std::string& from, const std::string& to) {
        std::string text = config();
        const std::size_t at = text.find(from);
        ASSERT_NE(at, std::string::npos) << from;
        std::ofstream(folder_ / adapterConfigName) << text.replace(at, from.size(), to);
    }
    std::string refusal() const {
        const Result<AdapterFolder> opened = AdapterFolder::open(folder_);
        return opened.ok() ? "" : opened.error().message;
    }

    test::TemporaryFolder temporary_;
    const fs::path folder_ = temporary_.path();
};

TEST_F(AdapterCopy, IsReadAsPeftWroteIt) {
    const Result<AdapterFolder> adapter = AdapterFolder::open(folder_);
    ASSERT_TRUE(adapter.ok()) << adapter.error().message;
    EXPECT_EQ(adapter->settings().rank, 3);
    EXPECT_EQ(adapter->settings().scale(), 2);
    EXPECT_EQ(adapter->modules().size(), 21);
    EXPECT_EQ(adapter->modules().front(), "model.layers.0.mlp.down_proj");
}

TEST_F(AdapterCopy, IsRefusedWhereItChangesTheModelInAnotherWay) {
    replace("\"use_dora\": false", "\"use_dora\": true");
    EXPECT_THAT(refusal(), HasSubstr("use_dora"));
}

TEST_F(AdapterCopy, IsRefusedWhereItsMatricesBeganAsPartsOfTheModel) {
    replace("\"init_lora_weights\": true", "\"init_lora_weights\": \"pissa\"");
    EXPECT_THAT(refusal(), HasSubstr("init_lora_weights is 'pissa'"));
}

TEST_F(AdapterCopy, IsRefusedWhereARankIsAnother) {
    replace("\"r\": 3", "\"r\": 4");
    EXPECT_THAT(refusal(), HasSubstr("are [3, 52] and [32, 3], and r is 4"));
}

TEST_F(AdapterCopy, IsRefusedWithKeysThatMayMeanSomething) {
    replace("\"rank_pattern\": {}", "\"rank_pattern\": {\"q_proj\": 8}");
    EXPECT_THAT(refusal(), HasSubstr("rank_pattern is no known key of adapters"));
}

TEST_F(AdapterCopy, CountsByTheRootOfTheRankWhereItSaysSo) {
    replace("\"use_rslora\": false", "\"use_rslora\": true");
    EXPECT_DOUBLE_EQ(AdapterFolder::open(folder_)->settings().scale(), 6 / std::sqrt(3));
}

TEST_F(AdapterCopy, SaysWhereItsModelShouldBe) {
    replace("../../models/llama", "meta-llama/Llama-3.1-8B");
    const Result<fs::path> model = modelFolderOf(folder_);
    ASSERT_FALSE(model.ok());
    EXPECT_THAT(model.error().message,
                HasSubstr("base_model_name_or_path is 'meta-llama/Llama-3.1-8B', and there is no "
                          "folder of a model"));
}

TEST(AdapterFolders, StandForTheirModels) {
    EXPECT_TRUE(isAdapterFolder(adapterOf("llama")));
    EXPECT_FALSE(isAdapterFolder(modelOf("llama")));
    EXPECT_TRUE(fs::equivalent(modelFolderOf(adapterOf("llama")).value(), modelOf("llama")));
    const Result<Checkpoint> checkpoint = Checkpoint::open(adapterOf("llama"));
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->family().type, "llama");
}

TEST(LinearLayers, HaveTheNamesOfTheirFamilies) {
    const auto kinds = [](const std::string& name) {
        const Checkpoint checkpoint = Checkpoint::open(modelOf(name)).value();
        ModelConfig model = checkpoint.description().model;
        model.from = modelOf(name).string();
        return kindsOf(linearLayers(model, checkpoint.description().attention).value());
    };
    EXPECT_THAT(kinds("llama"), ElementsAre("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj",
                                            "up_proj", "down_proj"));
    EXPECT_THAT(kinds("gpt-neox"),
                ElementsAre("query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"));
    EXPECT_THAT(kinds("gpt2"), ElementsAre("c_attn", "c_proj", "c_fc"));
    EXPECT_THAT(kinds("phi3"), ElementsAre("qkv_proj", "o_proj", "gate_up_proj", "down_proj"));
    EXPECT_THAT(kinds("mixtral"),
                ElementsAre("q_proj", "k_proj", "v_proj", "o_proj", "w1", "w3", "w2"));
}

// A model with more experts has no more of them to look through.
TEST(LinearLayers, OfExpertsAreOneThatKnowsEach) {
    const Checkpoint checkpoint = Checkpoint::open(modelOf("mixtral")).value();
    ModelConfig model = checkpoint.description().model;
    model.from = modelOf("mixtral").string();
    const auto all = linearLayers(model, checkpoint.description().attention).value();
    const std::int64_t experts = model.experts.count;
    EXPECT_EQ(std::ssize(all), 7 * model.layers);
    const std::vector<LinearLayer> ups = *chosenLayers(all, {"w3"});
    ASSERT_EQ(std::ssize(ups), model.layers);
    EXPECT_EQ(ups[1].module, "model.layers.1.block_sparse_moe.experts.*.w3");
    EXPECT_EQ(ups[1].parameter, "layers.1.ffn.experts.gate_up");
    const std::vector<LinearLayer> each = eachOf(ups[1]);
    ASSERT_EQ(std::ssize(each), experts);
    for (std::int64_t i = 0; i < experts; ++i) {
        const LinearLayer& one = each[static_cast<std::size_t>(i)];
        EXPECT_EQ(one.module,
                  "model.layers.1.block_sparse_moe.experts." + std::to_string(i) + ".w3");
        EXPECT_EQ(one.pieces.front().tensor, one.module + ".weight");
        EXPECT_EQ(one.firstRow, (2 * i + 1) * model.experts.size);
        EXPECT_EQ(one.pieces.front().firstRow, one.firstRow);
        EXPECT_EQ(one.rows, model.experts.size);
        EXPECT_EQ(one.columns, model.hiddenSize);
    }
    EXPECT_EQ(eachOf(all.front()).size(), 1);
    EXPECT_EQ(chosenLayers(all, {"experts.*.w2"})->size(), ups.size());
    EXPECT_FALSE(chosenLayers(all, {"experts.3.w2"}).ok());
}

TEST(LinearLayers, AreChosenByTheEndsOfTheirNames) {
    const Checkpoint checkpoint = Checkpoint::open(modelOf("gpt2")).value();
    ModelConfig model = checkpoint.description().model;
    model.from = modelOf("gpt2").string();
    const auto all = linearLayers(model, checkpoint.description().attention).value();
    EXPECT_EQ(chosenLayers(all, {"attn.c_proj"})->size() * 2,
              chosenLayers(all, {"c_proj"})->size());
    const auto none = chosenLayers(all, {"c_attn", "q_proj"});
    ASSERT_FALSE(none.ok());
    EXPECT_EQ(none.error().message,
              "adapter.targets: this model has no linear layer 'q_proj'; it has c_attn, c_proj, "
              "c_fc");
}

TEST(Merging, TakesAwayWhatItAdded) {
    const test::TemporaryFolder temporary;
    const fs::path folder = temporary.path();
    for (const std::string name : {"llama", "gpt2", "gpt-neox", "phi3", "mixtral", "qwen3-moe"}) {
        const fs::path merged = folder / (name + "-merged");
        const fs::path apart = folder / (name + "-apart");
        const Result<void> added =
            mergeAdapter(modelOf(name), adapterOf(name), merged, Merging::Add);
        ASSERT_TRUE(added.ok()) << added.error().message;
        const Result<void> taken = mergeAdapter(merged, adapterOf(name), apart, Merging::TakeAway);
        ASSERT_TRUE(taken.ok()) << taken.error().message;
        const Checkpoint before = Checkpoint::open(modelOf(name)).value();
        const Checkpoint between = Checkpoint::open(merged).value();
        const Checkpoint after = Checkpoint::open(apart).value();
        double moved = 0;
        for (const StoredTensor& tensor : before.files().tensors()) {
            std::int64_t count = 1;
            for (const std::int64_t size : tensor.shape) count *= size;
            const auto old = storedNumbers(tensor, 0, count);
            const auto now = storedNumbers(*after.files().find(tensor.name), 0, count);
            const auto mid = storedNumbers(*between.files().find(tensor.name), 0, count);
            for (std::size_t i = 0; i < old.size(); ++i) {
                ASSERT_NEAR(old[i], now[i], 1e-6) << name << ' ' << tensor.name;
                moved = std::max(moved, std::abs(old[i] - mid[i]));
            }
        }
        EXPECT_GT(moved, 0.1) << name;
    }
    EXPECT_THAT(mergeAdapter(modelOf("qwen2"), adapterOf("llama"), folder / "no", Merging::Add)
                    .error()
                    .message,
                HasSubstr("its base is another model"));
}

TEST(StoredNumbers, AreRoundedToTheNearest) {
    const auto back = [](double number, TensorType type) {
        const std::vector<std::byte> bytes = bytesOfNumbers(std::span(&number, 1), type);
        const std::vector<std::int64_t> shape{1};
        return storedNumbers({.name = "x", .type = type, .shape = shape, .bytes = bytes}, 0, 1)[0];
    };
    EXPECT_EQ(back(1.0009765625, TensorType::F16), 1.0009765625);
    EXPECT_EQ(back(1.00048828125, TensorType::F16), 1);  // a tie: to the even one
    EXPECT_EQ(back(65504, TensorType::F16), 65504);
    EXPECT_EQ(back(-65536, TensorType::F16), -std::numeric_limits<double>::infinity());
    EXPECT_EQ(back(std::ldexp(1, -24), TensorType::F16), std::ldexp(1, -24));
    EXPECT_EQ(back(std::ldexp(1023.7, -24), TensorType::F16), std::ldexp(1, -14));
    EXPECT_EQ(back(1.00390625, TensorType::Bf16), 1);
    EXPECT_EQ(back(1.01171875, TensorType::Bf16), 1.015625);
    EXPECT_EQ(back(0.1, TensorType::F64), 0.1);
    EXPECT_EQ(back(0.1, TensorType::F32), static_cast<double>(0.1F));
}

}  // namespace
}  // namespace ringscope
