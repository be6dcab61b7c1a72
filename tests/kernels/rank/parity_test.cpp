// The promise of the product: every mode trains the same model. Real processes, real Gloo, fp32.
#include "tests/support/covering.h"
#include "tests/support/rank_processes.h"

#include "backend/plan/mode_table.h"
#include "backend/plan/run_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {
namespace {

using test::EndedRank;
using test::trainWithProcesses;

RunConfig nanoRun(const std::string& mode, std::int64_t ranks) {
    RunConfig config;
    config.model = {
        .layers = 2, .hiddenSize = 64, .heads = 4, .kvHeads = 2, .ffnSize = 128, .vocabSize = 256};
    config.train.steps = 10;
    config.train.seqLen = 256;
    config.parallel.mode = mode;
    config.parallel.sp = ranks;
    return config;
}

void expectParity(const std::vector<StepRecord>& actual, const std::vector<StepRecord>& reference,
                  double lossLimit, double normLimit) {
    ASSERT_EQ(actual.size(), reference.size());
    for (std::size_t step = 0; step < reference.size(); ++step) {
        EXPECT_NEAR(actual[step].loss, reference[step].loss, lossLimit * reference[step].loss)
            << "step " << step;
        EXPECT_NEAR(actual[step].gradNorm, reference[step].gradNorm,
                    normLimit * reference[step].gradNorm)
            << "step " << step;
    }
}

class EveryMode : public ::testing::TestWithParam<std::string> {
protected:
    // On two or on four ranks in turn; what odd settings have on two, even ones have on four.
    static std::vector<int> ranksFor(std::string_view setting) {
        const auto at = std::ranges::find(modeTable(), GetParam(), &Mode::name);
        return test::inTurn(std::vector{2, 4}, setting,
                            static_cast<std::size_t>(at - modeTable().begin()));
    }
    static void expectUnsharded(const RunConfig& config, const EndedRank& unsharded) {
        SCOPED_TRACE(config.parallel.mode + " on " + std::to_string(config.parallel.sp));
        const RunPlan plan = planRun(config).value();
        std::int64_t busiest = 0;
        for (const EndedRank& rank : trainWithProcesses(config)) {
            expectParity(rank.steps, unsharded.steps, 1e-5, 1e-4);
            ASSERT_TRUE(rank.done.has_value());
            EXPECT_EQ(rank.done->gradientBytesPerStep.count, plan.gradientBytesPerStep);
            busiest = std::max(busiest, rank.done->attentionBytesPerStep.count);
        }
        EXPECT_EQ(busiest, plan.attentionBytesPerStep);
    }
};

TEST_P(EveryMode, TrainsTheUnshardedModelAndSendsThePredictedBytes) {
    static const EndedRank unsharded = trainWithProcesses(nanoRun("none", 1)).front();
    for (const int ranks : ranksFor("plain"))
        expectUnsharded(nanoRun(GetParam(), ranks), unsharded);
}

// Paragraphs as documents, a window, bent scores and dropout at once, gradients accumulated.
RunConfig maskedRun(const std::string& mode, std::int64_t ranks) {
    RunConfig config = nanoRun(mode, ranks);
    config.data.packing = true;
    config.train.seqLen = 1024;
    config.train.steps = test::wantsAllCombinations() ? 20 : 10;
    config.train.gradAccum = 2;
    config.attention.window = 200;
    config.attention.softcap = 20.0;
    config.attention.dropout = 0.1;
    return config;
}

TEST_P(EveryMode, TrainsTheUnshardedModelUnderEveryMaskAtOnce) {
    static const EndedRank unsharded = trainWithProcesses(maskedRun("none", 1)).front();
    for (const int ranks : ranksFor("masked"))
        for (const EndedRank& rank : trainWithProcesses(maskedRun(GetParam(), ranks)))
            expectParity(rank.steps, unsharded.steps, 1e-5, 1e-4);
}

std::vector<std::string> modesOfSeveralRanks() {
    std::vector<std::string> names;
    for (const Mode& mode : modeTable())
        if (mode.sharded) names.emplace_back(mode.name);
    return names;
}

INSTANTIATE_TEST_SUITE_P(Modes, EveryMode, ::testing::ValuesIn(modesOfSeveralRanks()),
                         [](const auto& each) {
                             std::string name = each.param;
                             std::erase(name, '-');
                             return name;
                         });

TEST(Parity, IsToRoundingInDoublePrecision) {
    const auto twice = [](const std::string& mode, int ranks) {
        RunConfig config = nanoRun(mode, ranks);
        config.train.precision = NumberFormat::Fp64;
        config.train.steps = 4;
        config.train.batch = 2;
        config.train.gradAccum = 2;
        return trainWithProcesses(config).front().steps;
    };
    const std::vector<StepRecord> reference = twice("none", 1);
    expectParity(twice("zigzag", 2), reference, 1e-10, 1e-10);
    expectParity(twice("legacy", 2), reference, 1e-10, 1e-10);
}

TEST(Training, LowersTheLossOnTheBuiltInProse) {
    RunConfig config = nanoRun("zigzag", 2);
    config.train.steps = 30;
    config.train.lr = 3e-3;
    const std::vector<StepRecord> steps = trainWithProcesses(config).front().steps;
    EXPECT_NEAR(steps.front().loss, std::log(256.0), 0.2) << "an untrained model knows nothing";
    EXPECT_LT(steps.back().loss, 3.2) << "spaces and vowels are learnt first";
}

TEST(Training, RepeatsItselfBitForBit) {
    const RunConfig config = nanoRun("ring", 2);
    const std::vector<StepRecord> first = trainWithProcesses(config).front().steps;
    const std::vector<StepRecord> second = trainWithProcesses(config).front().steps;
    for (std::size_t step = 0; step < first.size(); ++step) {
        EXPECT_EQ(first[step].loss, second[step].loss);
        EXPECT_EQ(first[step].gradNorm, second[step].gradNorm);
    }
}

}  // namespace
}  // namespace ringscope
