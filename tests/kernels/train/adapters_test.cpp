// Adapters beside models of real families, with what PEFT and bitsandbytes compute for them
// (tests/fixtures/adapters), and what holds under every mode, lever and number of ranks.
#include "backend/model/adapter_folder.h"
#include "backend/model/adapter_merge.h"
#include "backend/model/linear_layers.h"
#include "backend/plan/adapter_plan.h"
#include "kernels/model/adapter_values.h"
#include "kernels/train/rank_model.h"
#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/train/family_models.h"
#include "tests/kernels/train/training.h"
#include "tests/support/program.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace ringscope {
namespace {

namespace fs = std::filesystem;
using test::fromProse;
using test::runRanks;
using test::shardedModes;
using test::smallRun;
using test::TrainedRank;

fs::path adapterFolder(const std::string& family) { return fs::path(RINGSCOPE_ADAPTERS) / family; }

std::vector<std::string> adaptedFamilies() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(RINGSCOPE_ADAPTERS))
        if (entry.is_directory()) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
}

std::vector<std::string> recordedTargets(const std::string& family) {
    return nlohmann::json::parse(
        std::ifstream(adapterFolder(family) / adapterConfigName))["target_modules"];
}

// The recorded adapter, which goes on being trained.
RunConfig adaptedRun(const std::string& family, AdapterKind kind, NumberFormat precision) {
    RunConfig config = test::familyRun(family, precision);
    config.model.from = adapterFolder(family).string();
    config.adapter = {.kind = kind, .rank = 3, .alpha = 6, .dropout = 0};
    config.adapter.targets = recordedTargets(family);
    return config;
}

nlohmann::json figuresOf(const std::string& family) {
    return nlohmann::json::parse(std::ifstream(adapterFolder(family) / "expected.json"));
}

struct StoredTensors {
    explicit StoredTensors(const fs::path& path) {
        std::ifstream in(path, std::ios::binary);
        file.assign(std::istreambuf_iterator<char>(in), {});
        table = readTensorTable(file).value();
    }
    at::Tensor tensor(const std::string& name) const {
        const auto entry = std::ranges::find(table.tensors, name, &TensorEntry::name);
        EXPECT_NE(entry, table.tensors.end()) << name;
        at::Tensor tensor = at::empty(entry->shape, at::kFloat);
        std::memcpy(tensor.mutable_data_ptr(), file.data() + entry->begin,
                    entry->end - entry->begin);
        return tensor;
    }
    std::string file;
    TensorTable table;
};

double relativeTo(const at::Tensor& wanted, const at::Tensor& actual) {
    const at::Tensor exact = wanted.to(at::kDouble);
    return (actual.to(at::kDouble) - exact).norm().item<double>() /
           std::max(exact.norm().item<double>(), 1e-12);
}

class AdaptedFamily : public ::testing::TestWithParam<std::string> {};

TEST_P(AdaptedFamily, HasLogitsLossAndGradientsOfPeft) {
    const RunConfig config = adaptedRun(GetParam(), AdapterKind::Lora, NumberFormat::Fp32);
    const Result<RunPlan> plan = planRun(config);
    ASSERT_TRUE(plan.ok()) << plan.error().message;
    const StoredTensors expected(adapterFolder(GetParam()) / "expected.safetensors");
    const TokenBatch batch = test::familyBatch(GetParam());
    runRanks(1, [&](Group& group) {
        auto model = RankModel::make(*plan, group, c10::Device(c10::kCPU));
        ASSERT_TRUE(model.ok()) << model.error().message;
        const at::Tensor hidden = (*model)->hidden(batch, {});
        const at::Tensor logits = (*model)->logits(hidden.flatten(0, 1));
        EXPECT_LE((logits - expected.tensor("logits").flatten(0, 1)).abs().max().item<double>(),
                  1e-4);

        const auto labelled = static_cast<double>(labelledTokens(batch.labels));
        const at::Tensor loss = (*model)->loss(batch, {}, 1 / labelled);
        loss.backward();
        const double figure = figuresOf(GetParam())["loss"];
        EXPECT_NEAR(loss.item<double>(), figure, 1e-5 * figure);
        const Parameters& parameters = (*model)->parameters();
        for (const AdapterSite& site : plan->adapterSites) {
            const std::vector<LinearLayer> layers = eachOf(site.layer);
            const auto each = [&](const std::string& name) {
                return parameters.weight(name).gradient.chunk(std::ssize(layers));
            };
            const std::vector<at::Tensor> ofA = each(site.a);
            const std::vector<at::Tensor> ofB = each(site.b);
            for (std::size_t i = 0; i < layers.size(); ++i) {
                const std::string a = "gradient." + tensorNameOfA(layers[i].module);
                const std::string b = "gradient." + tensorNameOfB(layers[i].module);
                const at::Tensor dB = ofB[i].reshape({layers[i].rows, -1});
                EXPECT_LE(relativeTo(expected.tensor(a), ofA[i].squeeze(0)), 1e-3) << a;
                EXPECT_LE(relativeTo(expected.tensor(b), inTensorOrder(dB, layers[i])), 1e-3) << b;
            }
        }
        for (const ParameterSpec& spec : parameters.list())
            EXPECT_EQ(parameters.weight(spec.name).gradient.defined(), isOfAdapter(spec))
                << spec.name;
    });
}

TEST_P(AdaptedFamily, TrainsAsPeftDoes) {
    const TokenBatch batch = test::familyBatch(GetParam());
    for (const auto& [kind, figures] : {std::pair(AdapterKind::Lora, "losses_adamw"),
                                        std::pair(AdapterKind::Qlora, "losses_adamw_4bit")}) {
        const auto trained = test::train(adaptedRun(GetParam(), kind, NumberFormat::Fp64),
                                         [&](std::int64_t, std::int64_t) { return batch; });
        const nlohmann::json losses = figuresOf(GetParam())[figures];
        ASSERT_EQ(trained.front().steps.size(), losses.size());
        for (std::size_t step = 0; step < losses.size(); ++step) {
            const double wanted = losses[step];
            EXPECT_NEAR(trained.front().steps[step].record.loss, wanted, 1e-6 * wanted)
                << figures << ' ' << step;
        }
    }
}

// A merged model is what the adapter and its model are together.
TEST_P(AdaptedFamily, IsMergedIntoTheModelWhereNoneIsTrained) {
    RunConfig config = adaptedRun(GetParam(), AdapterKind::None, NumberFormat::Fp32);
    const StoredTensors expected(adapterFolder(GetParam()) / "expected.safetensors");
    const TokenBatch batch = test::familyBatch(GetParam());
    const test::TemporaryFolder folder;
    const fs::path merged = folder.path() / "merged";
    const Result<void> made = mergeAdapter(test::modelFolder(GetParam()), adapterFolder(GetParam()),
                                           merged, Merging::Add);
    ASSERT_TRUE(made.ok()) << made.error().message;
    for (const fs::path& from : {adapterFolder(GetParam()), merged}) {
        config.model.from = from.string();
        const Result<RunPlan> plan = planRun(config);
        ASSERT_TRUE(plan.ok()) << plan.error().message;
        runRanks(1, [&](Group& group) {
            auto model = RankModel::make(*plan, group, c10::Device(c10::kCPU));
            ASSERT_TRUE(model.ok()) << model.error().message;
            const at::Tensor logits = (*model)->logits((*model)->hidden(batch, {}).flatten(0, 1));
            EXPECT_LE((logits - expected.tensor("logits").flatten(0, 1)).abs().max().item<double>(),
                      1e-4)
                << from;
        });
    }
}

INSTANTIATE_TEST_SUITE_P(Of, AdaptedFamily, ::testing::ValuesIn(adaptedFamilies()),
                         test::familyTestName);

RunConfig smallAdapted(const std::string& mode, int ranks, AdapterKind kind = AdapterKind::Lora) {
    RunConfig config = smallRun(mode, ranks);
    config.train.steps = 3;
    config.adapter = {.kind = kind, .rank = 4, .alpha = 8, .dropout = 0.2, .targets = {}};
    return config;
}

void expectSameTraining(const RunConfig& config, const TrainedRank& wanted, double limit) {
    const RunPlan plan = planRun(config).value();
    const auto trained = test::train(config, fromProse(config));
    for (const TrainedRank& rank : trained)
        for (std::size_t step = 0; step < wanted.steps.size(); ++step) {
            const StepRecord& expected = wanted.steps[step].record;
            const StepRecord& actual = rank.steps[step].record;
            const std::string where = config.parallel.mode + " on " +
                                      std::to_string(config.parallel.sp) + ", zero " +
                                      std::to_string(config.memory.zero);
            EXPECT_NEAR(actual.loss, expected.loss, limit * expected.loss) << where;
            EXPECT_NEAR(actual.gradNorm, expected.gradNorm, 10 * limit * expected.gradNorm)
                << where;
            EXPECT_EQ(rank.steps[step].sent.gradient, plan.gradientBytesPerStep) << where;
        }
}

TEST(Adapters, TrainTheSameUnderEveryModeWithDropout) {
    for (const AdapterKind kind : {AdapterKind::Lora, AdapterKind::Qlora}) {
        const RunConfig alone = smallAdapted("none", 1, kind);
        const TrainedRank wanted = test::train(alone, fromProse(alone)).front();
        EXPECT_LT(wanted.steps.back().record.loss, wanted.steps.front().record.loss);
        for (const std::string& mode : shardedModes())
            for (const int ranks : {2, 4}) {
                const RunConfig config = smallAdapted(mode, ranks, kind);
                if (planRun(config).ok()) expectSameTraining(config, wanted, 1e-9);
            }
    }
}

TEST(Adapters, TrainTheSameWhateverARankKeeps) {
    for (const AdapterKind kind : {AdapterKind::Lora, AdapterKind::Qlora}) {
        const RunConfig alone = smallAdapted("none", 1, kind);
        const TrainedRank wanted = test::train(alone, fromProse(alone)).front();
        for (const std::int64_t zero : {0, 1, 2, 3}) {
            if (zero == 3 && kind == AdapterKind::Qlora) continue;  // refused
            for (const Recompute recompute :
                 {Recompute::None, Recompute::AttentionKept, Recompute::Layers}) {
                RunConfig config = smallAdapted("zigzag", 2, kind);
                config.memory.zero = zero;
                config.memory.recompute = recompute;
                config.memory.tileMlp = 24;
                config.memory.tileLoss = 40;
                expectSameTraining(config, wanted, 1e-9);
            }
        }
    }
}

TEST(Adapters, AreKeptOnDiskLikeAnyParameters) {
    const RunConfig alone = smallAdapted("none", 1);
    const TrainedRank wanted = test::train(alone, fromProse(alone)).front();
    RunConfig config = smallAdapted("ulysses", 2);
    config.memory = {.zero = 3, .recompute = Recompute::Layers};
    config.memory.offloadActivations = config.memory.offloadOptimizer =
        config.memory.offloadParameters = OffloadPlace::Disk;
    const test::TemporaryFolder folder;
    config.memory.offloadFolder = folder.path().string();
    expectSameTraining(config, wanted, 1e-9);
}

TEST(Adapters, TrainInEveryNumberFormat) {
    for (const NumberFormat precision :
         {NumberFormat::Fp32, NumberFormat::Bf16, NumberFormat::Fp16})
        for (const AdapterKind kind : {AdapterKind::Lora, AdapterKind::Qlora}) {
            RunConfig config = smallAdapted("zigzag", 2, kind);
            config.train.precision = precision;
            const auto trained = test::train(config, fromProse(config));
            EXPECT_LT(trained.front().steps.back().record.loss,
                      trained.front().steps.front().record.loss)
                << nameOf(precision) << ' ' << nameOf(kind);
        }
}

TEST(Adapters, BeginWithTheModelAsItIs) {
    RunConfig config = smallAdapted("none", 1);
    const double adapted = test::train(config, fromProse(config)).front().steps.front().record.loss;
    config.adapter.kind = AdapterKind::None;
    EXPECT_DOUBLE_EQ(adapted,
                     test::train(config, fromProse(config)).front().steps.front().record.loss);
}

TEST(Adapters, AreAllThatChangesAndAllThatACheckpointKeeps) {
    const RunConfig config = smallAdapted("none", 1);
    const RunPlan plan = planRun(config).value();
    runRanks(1, [&](Group& group) {
        const auto trainer = Trainer::make(plan, group, fromProse(config)).value();
        const at::Tensor before = trainer->wholeValues().clone();
        ASSERT_TRUE(trainer->step(0).ok());
        const at::Tensor after = trainer->wholeValues();
        EXPECT_TRUE(
            at::equal(before.narrow(0, 0, plan.parameters), after.narrow(0, 0, plan.parameters)));
        EXPECT_EQ(after.numel(), plan.parameters + trainedParameters(plan));
        EXPECT_FALSE(at::equal(before, after));
        std::int64_t values = 0;
        TrainingState state;
        test::keepState(*trainer, state);
        for (const StateSlice& slice : state.slices) {
            EXPECT_NE(slice.parameter.find(".lora."), std::string::npos) << slice.parameter;
            if (slice.kind == StateKind::Values) values += slice.numbers.numel();
        }
        EXPECT_EQ(values, trainedParameters(plan));
    });
}

TEST(Adapters, GoOnFromACheckpointWithTheSameBits) {
    const RunConfig config = smallAdapted("zigzag", 2);
    const RunPlan plan = planRun(config).value();
    TrainingState all;
    std::vector<double> wanted;
    runRanks(2, [&](Group& group) {
        const auto trainer = Trainer::make(plan, group, fromProse(config)).value();
        ASSERT_TRUE(trainer->step(0).ok());
        test::keepState(*trainer, all);
        ASSERT_TRUE(trainer->step(1).ok());
        const StepRecord record = trainer->step(2)->record;
        if (group.rank() == 0) wanted = {record.loss, record.gradNorm};
    });
    runRanks(2, [&](Group& group) {
        const auto trainer = Trainer::make(plan, group, fromProse(config)).value();
        ASSERT_TRUE(trainer->restore(all).ok());
        ASSERT_TRUE(trainer->step(1).ok());
        const StepRecord record = trainer->step(2)->record;
        EXPECT_EQ(record.loss, wanted[0]);
        EXPECT_EQ(record.gradNorm, wanted[1]);
    });
}

TEST(Adapters, DropNothingWhereNobodyKnowsTheToken) {
    RunConfig config = adaptedRun("deepseek-v2", AdapterKind::Lora, NumberFormat::Fp32);
    config.adapter.dropout = 0.1;
    const Result<RunPlan> plan = planRun(config);
    ASSERT_FALSE(plan.ok());
    EXPECT_THAT(plan.error().message,
                ::testing::HasSubstr("adapter.dropout: kv_b_proj works on latents of other ranks' "
                                     "tokens"));
    config.adapter.targets = {"q_proj", "o_proj"};
    EXPECT_TRUE(planRun(config).ok());
}

TEST(Adapters, ADroppedShareIsTheOneThatWasAsked) {
    RowDropout dropout{.share = 0.3, .seed = 5, .rows = at::arange(64, at::kLong)};
    const at::Tensor ones = at::ones({64, 100}, at::kDouble);
    const at::Tensor some = dropout.of(ones, 0, 1);
    EXPECT_NEAR(some.eq(0).to(at::kDouble).mean().item<double>(), 0.3, 0.02);
    EXPECT_NEAR(some.mean().item<double>(), 1, 0.03);
    // A row is of its token, wherever it lies, and another place drops other numbers.
    EXPECT_TRUE(at::equal(dropout.of(ones.narrow(0, 0, 10), 20, 1), some.narrow(0, 20, 10)));
    EXPECT_FALSE(at::equal(dropout.of(ones, 0, 2), some));
}

}  // namespace
}  // namespace ringscope
