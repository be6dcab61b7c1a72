// Adapters beside the matrices of experts: the same training wherever experts and tokens are.
#include "backend/model/adapter_folder.h"
#include "backend/plan/adapter_plan.h"
#include "kernels/rank/final_weights.h"
#include "kernels/train/rank_model.h"
#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/train/family_models.h"
#include "tests/kernels/train/training.h"
#include "tests/support/program.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using test::fromProse;
using test::TrainedRank;

// A dense layer, then two with eight experts. All linear layers have adapters but q's and k's.
RunConfig adaptedExperts(const std::string& mode, int ranks, int ep, AdapterKind kind) {
    RunConfig config = test::smallRun(mode, ranks);
    config.model.layers = 3;
    config.model.layerPattern = {"dense", "experts", "experts"};
    config.model.experts = {.count = 8, .perToken = 2, .size = 24, .normalized = true};
    config.model.qkNorm = QkNorm::Head;
    config.train.steps = 2;
    config.train.weightDecay = 0.1;
    config.train.routerAuxLoss = 0.02;
    config.parallel.ep = ep;
    config.adapter = {.kind = kind, .rank = 4, .alpha = 8};
    config.adapter.targets = {"v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"};
    return config;
}

struct Sharing {
    std::string mode;
    int ranks = 1;
    int ep = 1;
};

void expectTrainedAsAlone(const RunConfig& config, const TrainedRank& wanted) {
    const Result<RunPlan> plan = planRun(config);
    ASSERT_TRUE(plan.ok()) << plan.error().message;
    for (const TrainedRank& rank : test::train(config, fromProse(config))) {
        for (std::size_t step = 0; step < wanted.steps.size(); ++step) {
            const StepRecord& expected = wanted.steps[step].record;
            const StepOutcome& actual = rank.steps[step];
            EXPECT_NEAR(actual.record.loss, expected.loss, 1e-9 * expected.loss);
            EXPECT_NEAR(actual.record.gradNorm, expected.gradNorm, 1e-8 * expected.gradNorm);
            EXPECT_EQ(actual.sent.gradient, plan->gradientBytesPerStep);
        }
        EXPECT_THAT(rank.parameters,
                    ::testing::Pointwise(::testing::DoubleNear(1e-8), wanted.parameters));
    }
}

TEST(ExpertAdapters, TrainAsOnOneRankWhoeverHoldsTheExperts) {
    const std::vector<Sharing> sharings = {
        {"zigzag", 2, 2}, {"zigzag", 4, 2}, {"ulysses", 2, 1}, {"ulysses", 4, 4}};
    for (const AdapterKind kind : {AdapterKind::Lora, AdapterKind::Qlora}) {
        const RunConfig alone = adaptedExperts("none", 1, 1, kind);
        const TrainedRank wanted = test::train(alone, fromProse(alone)).front();
        EXPECT_LT(wanted.steps.back().record.loss, wanted.steps.front().record.loss);
        for (const auto& [mode, ranks, ep] : sharings)
            for (const std::int64_t zero : {0, 1, 2, 3}) {
                if (zero % 2 == 1 && kind == AdapterKind::Qlora) continue;  // 3 is refused
                SCOPED_TRACE(::testing::Message() << mode << " on " << ranks << ", ep " << ep
                                                  << ", zero " << zero << ' ' << nameOf(kind));
                RunConfig config = adaptedExperts(mode, ranks, ep, kind);
                config.memory.zero = zero;
                expectTrainedAsAlone(config, wanted);
            }
    }
}

TEST(ExpertAdapters, DropTheSameWhereverATokenIs) {
    RunConfig alone = adaptedExperts("none", 1, 1, AdapterKind::Lora);
    const double whole = test::train(alone, fromProse(alone)).front().steps.back().record.loss;
    alone.adapter.dropout = 0.2;
    const TrainedRank wanted = test::train(alone, fromProse(alone)).front();
    EXPECT_GT(std::abs(wanted.steps.back().record.loss - whole), 1e-6);
    for (const auto& [mode, ranks, ep] : {Sharing{"zigzag", 2}, Sharing{"ulysses", 4}})
        for (const std::int64_t tile : {0, 3}) {
            SCOPED_TRACE(::testing::Message() << mode << " on " << ranks << ", tile " << tile);
            RunConfig config = adaptedExperts(mode, ranks, ep, AdapterKind::Lora);
            config.adapter.dropout = 0.2;
            config.memory.recompute = Recompute::Layers;
            if (tile > 0) config.memory.tileMlp = tile;
            expectTrainedAsAlone(config, wanted);
        }
}

// d(B A) is the merged weight's gradient G: dB = scale G A^T, dA = scale B^T G.
TEST(ExpertAdapters, HaveTheGradientsThatTheMergedWeightsGive) {
    RunConfig config = adaptedExperts("none", 1, 1, AdapterKind::Lora);
    config.adapter.targets = {"experts.*.gate_proj", "experts.*.up_proj", "experts.*.down_proj"};
    const RunPlan adapted = planRun(config).value();
    config.adapter.kind = AdapterKind::None;
    const RunPlan plain = planRun(config).value();
    const TokenBatch batch = fromProse(config)(0, 0);
    test::runRanks(1, [&](Group& group) {
        const auto beside = RankModel::make(adapted, group, c10::Device(c10::kCPU)).value();
        const auto merged = RankModel::make(plain, group, c10::Device(c10::kCPU)).value();
        const double scale = adapterScale(adapted.config.adapter);
        at::manual_seed(3);
        for (const AdapterSite& site : adapted.adapterSites) {
            const at::Tensor a = beside->parameters().weight(site.a).value.detach();
            at::Tensor b = beside->parameters().weight(site.b).value.detach();
            b.copy_(0.1 * at::randn_like(b));
            at::Tensor whole = merged->parameters().weight(site.layer.parameter).value.detach();
            whole.narrow(1, site.layer.firstRow, site.layer.rows).add_(at::matmul(b, a), scale);
        }
        const at::Tensor loss = beside->loss(batch, {}, 1);
        const at::Tensor same = merged->loss(batch, {}, 1);
        EXPECT_NEAR(loss.item<double>(), same.item<double>(), 1e-10);
        loss.backward();
        same.backward();
        for (const AdapterSite& site : adapted.adapterSites) {
            ASSERT_EQ(site.layer.experts, 8);
            const Weight& a = beside->parameters().weight(site.a);
            const Weight& b = beside->parameters().weight(site.b);
            const at::Tensor whole = merged->parameters()
                                         .weight(site.layer.parameter)
                                         .gradient.narrow(1, site.layer.firstRow, site.layer.rows);
            EXPECT_TRUE(at::allclose(b.gradient,
                                     scale * at::matmul(whole, a.value.detach().transpose(1, 2)),
                                     1e-8, 1e-10))
                << site.b;
            EXPECT_TRUE(at::allclose(a.gradient,
                                     scale * at::matmul(b.value.detach().transpose(1, 2), whole),
                                     1e-8, 1e-10))
                << site.a;
        }
    });
}

// By ranks that share the experts; read by one.
TEST(ExpertAdapters, AreWrittenAndReadUnderTheNamesOfTheirExperts) {
    RunConfig config = test::familyRun("qwen3-moe", NumberFormat::Fp64);
    config.model.from = test::modelFolder("qwen3-moe").string();
    config.adapter = {.kind = AdapterKind::Lora, .rank = 2, .alpha = 3};
    const test::TemporaryFolder temporary;
    for (const std::string target : {"up_proj", "experts.*.up_proj"}) {
        const std::filesystem::path folder =
            temporary.path() / (target == "up_proj" ? "all" : "experts");
        config.adapter.targets = {"q_proj", target, "down_proj"};
        RunConfig spread = config;
        spread.parallel.mode = "zigzag";
        spread.parallel.sp = spread.parallel.ep = 2;
        const RunPlan plan = planRun(spread).value();
        const FinalWeights weights = FinalWeights::of(plan).value();
        at::Tensor wanted;
        test::runRanks(2, [&](Group& group) {
            const BatchSource batches = [](std::int64_t, std::int64_t) {
                return test::familyBatch("qwen3-moe");
            };
            const auto trainer = Trainer::make(plan, group, batches).value();
            ASSERT_TRUE(trainer->step(0).ok());
            const Result<void> written = weights.write(folder, *trainer, group);
            ASSERT_TRUE(written.ok()) << written.error().message;
            const at::Tensor all = trainer->wholeValues();
            if (group.rank() == 0) wanted = all;
        });
        const AdapterFolder written = AdapterFolder::open(folder).value();
        EXPECT_THAT(written.modules(), ::testing::Contains("model.layers.2.mlp.experts.5.up_proj"));
        const std::vector<std::string> named =
            nlohmann::json::parse(std::ifstream(folder / adapterConfigName))["target_modules"];
        EXPECT_THAT(named, ::testing::Each(::testing::Not(::testing::HasSubstr("*"))));
        RunConfig again = config;
        again.model.from = folder.string();
        const RunPlan alone = planRun(again).value();
        test::runRanks(1, [&](Group& group) {
            const auto model = RankModel::make(alone, group, c10::Device(c10::kCPU)).value();
            EXPECT_TRUE(at::equal(model->wholeValues(), wanted));
        });
    }
}

TEST(ExpertAdapters, DropNothingOfRowsThatTravel) {
    RunConfig config = adaptedExperts("zigzag", 2, 2, AdapterKind::Lora);
    config.adapter.dropout = 0.1;
    const Result<RunPlan> plan = planRun(config);
    ASSERT_FALSE(plan.ok());
    EXPECT_THAT(plan.error().message,
                ::testing::HasSubstr("adapter.dropout: with parallel.ep 2, gate_proj works on rows "
                                     "of other ranks' tokens, whose numbers do not travel; set "
                                     "adapter.dropout to 0, parallel.ep to 1, or name other "
                                     "adapter.targets"));
    config.adapter.targets = {"v_proj", "o_proj"};
    EXPECT_TRUE(planRun(config).ok());
}

}  // namespace
}  // namespace ringscope
