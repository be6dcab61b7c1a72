// When a validation is due, and when it ends a run.
#include "backend/run/validation.h"

#include <gmock/gmock.h>

#include <limits>
#include <vector>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

TrainConfig tenSteps() { return {.steps = 10}; }

Validation validationOf(const TrainConfig& train) {
    return Validation::make(train, 640, 8).value();
}

std::vector<std::int64_t> stepsBefore(const TrainConfig& train) {
    const Validation validation = validationOf(train);
    std::vector<std::int64_t> due;
    for (std::int64_t step = 0; step < train.steps; ++step)
        if (validation.isDueAfter(step)) due.push_back(step);
    return due;
}

// What is said after validations with these losses, after steps 1, 3, 5, …
std::vector<std::string> saidOf(const TrainConfig& train, const std::vector<double>& losses) {
    Validation validation = validationOf(train);
    std::vector<std::string> said;
    std::int64_t step = -1;
    for (const double loss : losses)
        said.push_back(validation.add({.step = step += 2, .loss = loss, .tokens = 64}));
    return said;
}

TEST(Validation, IsDueAfterEverySoManyStepsAndAfterTheLastOne) {
    TrainConfig train = tenSteps();
    EXPECT_THAT(stepsBefore(train), ElementsAre(9));
    train.validateEvery = 4;
    EXPECT_THAT(stepsBefore(train), ElementsAre(3, 7, 9));
    train.validateEvery = 5;
    EXPECT_THAT(stepsBefore(train), ElementsAre(4, 9));
    train.validateEvery = 11;
    EXPECT_THAT(stepsBefore(train), ElementsAre(9));
    const Validation none = Validation::make(train, 0, 0).value();
    EXPECT_FALSE(none.isDueAfter(9)) << "nothing is kept out";
}

TEST(Validation, EndsARunWhoseLossIsLowEnough) {
    TrainConfig train = tenSteps();
    train.stopLoss = 1.5;
    EXPECT_THAT(saidOf(train, {3, 1.6, 1.5}),
                ElementsAre("", "",
                            "train.stop_loss 1.5: the validation after step 5 has loss 1.5; the "
                            "run ended after 6 of 10 steps"));
    EXPECT_EQ(saidOf(train, {3, 3, 3, 3, 1}).back(), "") << "it was the last step anyway";
}

TEST(Validation, EndsARunThatGetsNoBetter) {
    TrainConfig train = tenSteps();
    train.stopPatience = 2;
    EXPECT_THAT(saidOf(train, {3, 2, 2, 2.5}),
                ElementsAre("", "", "",
                            "train.stop_patience 2: no validation had a lower loss than 2, after "
                            "step 3; the run ended after 8 of 10 steps"));
    EXPECT_EQ(saidOf(train, {3, 4, 2.9, 4}).back(), "") << "a better one begins the count anew";
    EXPECT_NE(saidOf(train, {3, std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::quiet_NaN()})
                  .back(),
              "");
}

TEST(Validation, OfARunThatGoesOnCountsFromTheOneBefore) {
    TrainConfig train = tenSteps();
    train.stopPatience = 2;
    Validation before = validationOf(train);
    EXPECT_EQ(before.add({.step = 1, .loss = 2, .tokens = 64}), "");
    EXPECT_EQ(before.add({.step = 3, .loss = 3, .tokens = 64}), "");
    Validation after = validationOf(train);
    after.goOnFrom(before.best());
    EXPECT_EQ(after.add({.step = 5, .loss = 2.5, .tokens = 64}),
              "train.stop_patience 2: no validation had a lower loss than 2, after step 1; the run "
              "ended after 6 of 10 steps");
}

TEST(Validation, NeedsTokensForALabel) {
    const Result<Validation> validation = Validation::make(tenSteps(), 1, 0);
    ASSERT_FALSE(validation.ok());
    EXPECT_EQ(validation.error().message,
              "data.validation keeps 1 token out of training, too few for a label; use a larger "
              "share, or more data");
}

}  // namespace
}  // namespace ringscope
