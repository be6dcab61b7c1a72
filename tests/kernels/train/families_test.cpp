// Models of real families, with what transformers computes for them (tests/fixtures/models): the
// same logits, loss and gradients on one rank, the same training, and the same again under modes.
#include "backend/model/checkpoint.h"
#include "kernels/model/checkpoint_values.h"
#include "kernels/train/rank_model.h"
#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/train/family_models.h"
#include "tests/kernels/train/sharded_runs.h"
#include "tests/kernels/train/training.h"
#include "tests/support/covering.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ringscope {
namespace {

namespace fs = std::filesystem;

nlohmann::json expectedFigures(const std::string& family) {
    return nlohmann::json::parse(std::ifstream(test::modelFolder(family) / "expected.json"));
}

at::Tensor asTensor(const TensorTable& table, const std::string& file, const std::string& name) {
    const auto entry = std::ranges::find(table.tensors, name, &TensorEntry::name);
    EXPECT_NE(entry, table.tensors.end()) << name;
    at::Tensor tensor = at::empty(entry->shape, at::kFloat);
    std::memcpy(tensor.mutable_data_ptr(), file.data() + entry->begin, entry->end - entry->begin);
    return tensor;
}

struct Expected {
    std::string file;
    TensorTable table;

    explicit Expected(const std::string& family) {
        std::ifstream in(test::modelFolder(family) / "expected.safetensors", std::ios::binary);
        file.assign(std::istreambuf_iterator<char>(in), {});
        table = readTensorTable(file).value();
    }
    at::Tensor tensor(const std::string& name) const { return asTensor(table, file, name); }
};

double relative(const at::Tensor& actual, const at::Tensor& expected) {
    const at::Tensor wanted = expected.to(at::kDouble);
    const double size = wanted.norm().item<double>();
    return (actual.to(at::kDouble) - wanted).norm().item<double>() / std::max(size, 1e-12);
}

class ModelFamily : public ::testing::TestWithParam<std::string> {};

TEST_P(ModelFamily, HasLogitsLossAndGradientsOfTransformers) {
    const RunConfig config = test::familyRun(GetParam(), NumberFormat::Fp32);
    const Result<RunPlan> plan = planRun(config);
    ASSERT_TRUE(plan.ok()) << plan.error().message;
    const Expected expected(GetParam());
    const TokenBatch batch = test::familyBatch(GetParam());
    test::runRanks(1, [&](Group& group) {
        auto model = RankModel::make(*plan, group, c10::Device(c10::kCPU));
        ASSERT_TRUE(model.ok()) << model.error().message;
        const at::Tensor hidden = (*model)->hidden(batch, {});
        const at::Tensor logits = (*model)->logits(hidden.flatten(0, 1));
        const at::Tensor wanted = expected.tensor("logits").flatten(0, 1);
        EXPECT_LE((logits - wanted).abs().max().item<double>(), 1e-4);

        const auto labelled = static_cast<double>(labelledTokens(batch.labels));
        const at::Tensor loss = (*model)->loss(batch, {}, 1 / labelled);
        loss.backward();
        const double figure = expectedFigures(GetParam())["loss"];
        EXPECT_NEAR(loss.item<double>(), figure, 1e-5 * figure);

        const Checkpoint checkpoint = Checkpoint::open(*config.model.from).value();
        const at::Tensor flat = (*model)->parameters().gradients();
        for (const auto& [name, shape] : checkpoint.places().tensors) {
            if (name.ends_with("e_score_correction_bias")) continue;  // no gradient reaches it
            const at::Tensor gradient = namedTensor(checkpoint.places(), name, flat).view(shape);
            EXPECT_LE(relative(gradient, expected.tensor("gradient." + name)), 1e-3) << name;
        }
    });
}

TEST_P(ModelFamily, TrainsAsTorchDoes) {
    const RunConfig config = test::familyRun(GetParam(), NumberFormat::Fp64);
    const TokenBatch batch = test::familyBatch(GetParam());
    const auto trained = test::train(config, [&](std::int64_t, std::int64_t) { return batch; });
    const nlohmann::json losses = expectedFigures(GetParam())["losses_adamw"];
    ASSERT_EQ(trained.front().steps.size(), losses.size());
    for (std::size_t step = 0; step < losses.size(); ++step) {
        const double wanted = losses[step];
        EXPECT_NEAR(trained.front().steps[step].record.loss, wanted, 1e-6 * wanted) << step;
    }
}

// What a mode may change is rounding alone, which the first steps tell: ten of them where all
// combinations run.
TEST_P(ModelFamily, TrainsTheSameUnderEveryLegalMode) {
    const int steps = test::wantsAllCombinations() ? 10 : 3;
    const RunConfig base = test::familyRun(GetParam(), NumberFormat::Fp64, steps);
    const TokenBatch batch = test::familyBatch(GetParam());
    const BatchSource batches = [&](std::int64_t, std::int64_t) { return batch; };
    const test::TrainedRank alone = test::train(base, batches).front();
    const test::ShardedRuns runs = test::shardedRuns(base, GetParam());
    for (const RunConfig& config : runs.chosen) {
        SCOPED_TRACE(config.parallel.mode + ' ' + std::to_string(config.parallel.sp));
        const auto trained = test::train(config, batches);
        ASSERT_EQ(trained.front().steps.size(), alone.steps.size());
        for (std::size_t step = 0; step < alone.steps.size(); ++step) {
            const StepRecord& wanted = alone.steps[step].record;
            const StepRecord& record = trained.front().steps[step].record;
            EXPECT_NEAR(record.loss, wanted.loss, 1e-9 * wanted.loss);
            EXPECT_NEAR(record.gradNorm, wanted.gradNorm, 1e-8 * wanted.gradNorm);
        }
        std::int64_t most = 0;
        for (const test::TrainedRank& rank : trained)
            most = std::max(most, rank.steps.front().sent.attention);
        EXPECT_EQ(most, planRun(config)->attentionBytesPerStep);
    }
    EXPECT_GE(runs.legal, 8);
}

INSTANTIATE_TEST_SUITE_P(Of, ModelFamily, ::testing::ValuesIn(test::modelFamilies()),
                         test::familyTestName);

}  // namespace
}  // namespace ringscope
