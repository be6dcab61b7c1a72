#include "tests/backend/config/random_config.h"
#include "tests/backend/config/reading.h"

#include "backend/config/field_table.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

RC_GTEST_PROP(ToYaml, ReadsBackAsTheSameConfiguration, ()) {
    const RunConfig config = *anyConfig();
    const ExperimentReading reading = readText(toYaml(config));
    RC_ASSERT(problemsOf(reading) == Lines{});
    RC_ASSERT(reading.experiment.base == config);
}

TEST(ToYaml, WritesEveryFieldUnderItsSectionInTableOrder) {
    const std::string yaml = toYaml(RunConfig{});
    EXPECT_EQ(yaml.find("model:\n  preset: tiny\n  from: null\n  layers: 4\n  hidden_size: 256\n"),
              0U);
    EXPECT_THAT(yaml, testing::HasSubstr("\nattention:\n  causal: true\n  window: null\n"));
    EXPECT_THAT(yaml, testing::HasSubstr("  comm_buffer_limit: 1GiB\nmemory:\n  preset: none\n"));
    EXPECT_THAT(yaml, testing::HasSubstr("  hosts: []\n"));
    EXPECT_EQ(std::ranges::count(yaml, '\n'), std::ssize(fieldTable()) + 11);
}

std::string identityWith(std::string_view path, std::string_view value) {
    RunConfig config;
    EXPECT_TRUE(findField(path)->set(config, value).ok()) << path;
    return computationIdentity(config);
}

TEST(ComputationIdentity, ChangesWithEverythingThatDecidesTheNumbers) {
    const std::string usual = computationIdentity(RunConfig{});
    const Assignments changes = {{"model.layers", "5"},
                                 {"model.rope_theta", "9999.999999999998"},
                                 {"model.tied_head", "true"},
                                 {"data.source", "other.txt"},
                                 {"data.packing", "true"},
                                 {"train.steps", "11"},
                                 {"data.order", "shuffled"},
                                 {"data.validation", "0.5"},
                                 {"data.chat_template", "gemma"},
                                 {"train.task", "sft"},
                                 {"train.seq_len", "2048"},
                                 {"train.lr", "0.0010000000000000002"},
                                 {"train.seed", "1"},
                                 {"train.precision", "fp64"},
                                 {"train.grad_clip", "0"},
                                 {"train.optimizer", "adamw8bit"},
                                 {"attention.causal", "false"},
                                 {"attention.window", "1024"},
                                 {"attention.scale", "0.125"}};
    for (const auto& [path, value] : changes) EXPECT_NE(identityWith(path, value), usual) << path;
}

TEST(ToYaml, WritesLargeNumbersWithAllTheirDigits) {
    RunConfig config;
    config.model.rope.theta = 500'000;
    EXPECT_NE(toYaml(config).find("rope_theta: 500000\n"), std::string::npos);
}

// Stores hold identities of before.
TEST(ComputationIdentity, WritesRealNumbersAsItAlwaysDid) {
    EXPECT_NE(identityWith("model.rope_theta", "500000").find("rope_theta=5e+05\n"),
              std::string::npos);
    EXPECT_NE(identityWith("train.lr", "0.0001").find("train.lr=1e-04\n"), std::string::npos);
    EXPECT_NE(identityWith("model.norm_eps", "1e-5").find("norm_eps=1e-05\n"), std::string::npos);
    EXPECT_NE(identityWith("attention.scale", "0.125").find("scale=0.125\n"), std::string::npos);
}

TEST(ComputationIdentity, SaysNothingOfFieldsThatOlderRunsDidNotHave) {
    const std::string usual = computationIdentity(RunConfig{});
    for (const char* later :
         {"data.order", "data.validation", "data.chat_template", "train.task", "train.optimizer"})
        EXPECT_EQ(usual.find(later), std::string::npos) << later;
    EXPECT_NE(usual.find("data.packing=false\n"), std::string::npos);
}

TEST(ComputationIdentity, DoesNotDependOnHowTheWorkIsSplitOrWhere) {
    const std::string usual = computationIdentity(RunConfig{});
    const Assignments changes = {{"parallel.mode", "ring"},
                                 {"parallel.sp", "8"},
                                 {"parallel.comm_buffer_limit", "1MiB"},
                                 {"profile.steps", "[1,2]"},
                                 {"launch.hosts", "a,b"},
                                 {"launch.threads_per_rank", "3"},
                                 {"launch.device", "cuda"},
                                 {"debug.slow_rank", "1"},
                                 {"model.preset", "small"},
                                 {"train.warmup_steps", "0"}};
    for (const auto& [path, value] : changes) EXPECT_EQ(identityWith(path, value), usual) << path;
}

TEST(ComputationIdentity, OfReplicasIsThatOfAllTheirBatchesAccumulated) {
    RunConfig replicas;
    replicas.parallel.dp = 3;
    replicas.train.gradAccum = 2;
    RunConfig alone;
    alone.train.gradAccum = 6;
    EXPECT_EQ(computationIdentity(replicas), computationIdentity(alone));
    EXPECT_NE(computationIdentity(replicas), computationIdentity(RunConfig{}));
}

TEST(ComputationIdentity, DiffersBetweenAnyTwoComputations) {
    RunConfig one;
    RunConfig other;
    one.data.source = "a\"\ndata.tokenizer=b";
    other.data.source = "a\\\"\ndata.tokenizer=b";
    EXPECT_NE(computationIdentity(one), computationIdentity(other));
}

}  // namespace
}  // namespace ringscope
