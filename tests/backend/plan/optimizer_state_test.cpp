#include "backend/plan/optimizer_state.h"

#include "backend/plan/run_plan.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

TEST(OptimizerState, TakesTwoNumbersAParameterOrAQuarterOfThat) {
    const std::vector<ParameterSpec> list = {
        {.name = "weight", .shape = {100, 50}},
        {.name = "bias", .shape = {100}},
        {.name = "router.bias", .shape = {9}, .trained = false},
    };
    TrainConfig train;
    EXPECT_EQ(optimizerStateBytes(list, train), Bytes{2 * 4 * 5100});
    train.precision = NumberFormat::Bf16;
    EXPECT_EQ(optimizerStateBytes(list, train), Bytes{2 * 4 * 5100});
    train.optimizer = OptimizerKind::AdamW8bit;
    EXPECT_EQ(optimizerStateBytes(list, train), Bytes{2 * (5000 + 20 * 4 + 4 * 100)});
    train = {.precision = NumberFormat::Fp64};
    EXPECT_EQ(optimizerStateBytes(list, train), Bytes{2 * 8 * 5100});
}

TEST(OptimizerState, IsNotedInThePlanWhereItHas8Bits) {
    RunConfig config;
    config.model = {.layers = 1, .hiddenSize = 64, .heads = 4, .kvHeads = 4, .ffnSize = 128};
    config.parallel = {.mode = "none", .sp = 1};
    EXPECT_TRUE(planRun(config).value().notes.empty());
    config.train.optimizer = OptimizerKind::AdamW8bit;
    const std::vector<std::string> notes = planRun(config).value().notes;
    EXPECT_THAT(notes, ::testing::ElementsAre(::testing::StartsWith(
                           "train.optimizer adamw8bit: the state of all parameters takes ")));
    EXPECT_THAT(notes.front(), ::testing::HasSubstr("192 of "));  // three gains
}

}  // namespace
}  // namespace ringscope
