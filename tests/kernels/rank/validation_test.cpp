// When a validation is due, and when it ends a run.
#include "kernels/rank/validation.h"

#include <gmock/gmock.h>

#include <limits>
#include <vector>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

RunConfig tenSteps() {
    RunConfig config;
    config.data.validation = 0.1;
    config.train.steps = 10;
    config.train.seqLen = 64;
    return config;
}

Result<Validation> validationOf(const RunConfig& config) {
    return Validation::make(config.train,
                            Sequences::make(TokenText::open(config).value(), config).value());
}

std::vector<std::int64_t> stepsBefore(const RunConfig& config) {
    const Validation validation = validationOf(config).value();
    std::vector<std::int64_t> due;
    for (std::int64_t step = 0; step < config.train.steps; ++step)
        if (validation.isDueAfter(step)) due.push_back(step);
    return due;
}

// What is said after validations with these losses, after steps 1, 3, 5, …
std::vector<std::string> saidOf(const RunConfig& config, const std::vector<double>& losses) {
    Validation validation = validationOf(config).value();
    std::vector<std::string> said;
    std::int64_t step = -1;
    for (const double loss : losses)
        said.push_back(validation.add({.step = step += 2, .loss = loss, .tokens = 64}));
    return said;
}

TEST(Validation, IsDueAfterEverySoManyStepsAndAfterTheLastOne) {
    RunConfig config = tenSteps();
    EXPECT_THAT(stepsBefore(config), ElementsAre(9));
    config.train.validateEvery = 4;
    EXPECT_THAT(stepsBefore(config), ElementsAre(3, 7, 9));
    config.train.validateEvery = 5;
    EXPECT_THAT(stepsBefore(config), ElementsAre(4, 9));
    config.train.validateEvery = 11;
    EXPECT_THAT(stepsBefore(config), ElementsAre(9));
    config.data.validation = 0;
    EXPECT_THAT(stepsBefore(config), ElementsAre());
}

TEST(Validation, EndsARunWhoseLossIsLowEnough) {
    RunConfig config = tenSteps();
    config.train.stopLoss = 1.5;
    EXPECT_THAT(saidOf(config, {3, 1.6, 1.5}),
                ElementsAre("", "",
                            "train.stop_loss 1.5: the validation after step 5 has loss 1.5; the "
                            "run ended after 6 of 10 steps"));
    EXPECT_EQ(saidOf(config, {3, 3, 3, 3, 1}).back(), "") << "it was the last step anyway";
}

TEST(Validation, EndsARunThatGetsNoBetter) {
    RunConfig config = tenSteps();
    config.train.stopPatience = 2;
    EXPECT_THAT(saidOf(config, {3, 2, 2, 2.5}),
                ElementsAre("", "", "",
                            "train.stop_patience 2: no validation had a lower loss than 2, after "
                            "step 3; the run ended after 8 of 10 steps"));
    EXPECT_EQ(saidOf(config, {3, 4, 2.9, 4}).back(), "") << "a better one begins the count anew";
    EXPECT_NE(saidOf(config, {3, std::numeric_limits<double>::quiet_NaN(),
                              std::numeric_limits<double>::quiet_NaN()})
                  .back(),
              "");
}

TEST(Validation, NeedsTokensForALabel) {
    RunConfig config = tenSteps();
    config.data.validation = 1e-6;
    const Result<Validation> validation = validationOf(config);
    ASSERT_FALSE(validation.ok());
    EXPECT_EQ(validation.error().message,
              "data.validation keeps 1 token out of training, too few for a label; use a larger "
              "share, or more data");
}

}  // namespace
}  // namespace ringscope
