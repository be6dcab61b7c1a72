// What is said in resources/experiments/claims still follows from the machines.
#include "backend/config/experiment.h"
#include "backend/core/files.h"
#include "backend/simulate/training_cost.h"
#include "tests/backend/simulate/planned.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope::test {
namespace {

RunPlan claimOn(const std::string& file, const Machine& machine) {
    const std::string text =
        readTextFile(std::string(RINGSCOPE_CLAIMS) + "/" + file + ".yaml").value();
    const ExperimentReading reading =
        readExperiment({.fileName = file, .fileText = text, .environment = {}, .overrides = {}});
    EXPECT_TRUE(reading.ok()) << reading.problems.front().text();
    return planRanks(onMachine(reading.experiment.base, machine, 0).value(), mostPlannedRanks)
        .value();
}

TEST(Claims, SixHundredThousandTokensFitOneGpuAt125M) {
    const Machine machine = findMachine("a100-80-8x").value();
    EXPECT_TRUE(predictRun(claimOn("dilated-125m-606k", machine), machine)->fits());
}

TEST(Claims, ABillionTokensDoNotFit64Gpus) {
    const Machine machine = findMachine("h100-8x").value();
    const Prediction prediction =
        predictRun(claimOn("1b-tokens-64-gpus", machine), machine).value();
    EXPECT_GT(prediction.neededBytes(), 8 * prediction.deviceBytes);
    EXPECT_GT(16 * prediction.seconds() / 86400, 20);
}

TEST(Claims, ATrillionParametersDoNotTrainOn400Gpus) {
    const Machine machine = findMachine("h100-8x").value();
    const TrainingCost cost =
        trainingCost(claimOn("1t-parameters-400-gpus", machine), machine, 2'000'000'000'000)
            .value();
    EXPECT_NEAR(static_cast<double>(claimOn("1t-parameters-400-gpus", machine).parameters), 1e12,
                5e10);
    EXPECT_THAT(cost.sentences.front(), ::testing::StartsWith("Cannot: a rank needs"));
    EXPECT_GT(cost.days, 365);
    EXPECT_GT(*cost.usd, 14e6);
}

}  // namespace
}  // namespace ringscope::test
