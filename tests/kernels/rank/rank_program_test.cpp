// ringscope-rank as an agent sees it: what it says, and how it ends when things go wrong.
#include "tests/support/rank_processes.h"

#include <gmock/gmock.h>

#include <cmath>
#include <csignal>
#include <string>
#include <variant>

namespace ringscope {
namespace {

using test::EndedRank;
using test::RankProcesses;
using test::trainWithProcesses;
using ::testing::HasSubstr;
using ::testing::StartsWith;

RunConfig quickRun(const std::string& mode, std::int64_t ranks, std::int64_t steps) {
    RunConfig config;
    config.model = {
        .layers = 1, .hiddenSize = 32, .heads = 2, .kvHeads = 2, .ffnSize = 48, .vocabSize = 256};
    config.train.steps = steps;
    config.train.seqLen = 64;
    config.parallel.mode = mode;
    config.parallel.sp = ranks;
    return config;
}

TEST(RankProgram, SaysHelloEveryStepAndDone) {
    RankProcesses processes(quickRun("ring", 2, 3));
    const pid_t pid = processes.pid(1);
    const std::vector<EndedRank> ended = processes.wait();
    for (int rank = 0; rank < 2; ++rank) {
        const EndedRank& each = ended[static_cast<std::size_t>(rank)];
        ASSERT_EQ(each.exitCode, 0) << each.error;
        ASSERT_TRUE(each.hello && each.done);
        EXPECT_EQ(each.hello->rank, rank);
        EXPECT_EQ(each.hello->device, "cpu");
        EXPECT_THAT(each.hello->versions, StartsWith("torch 2."));
        ASSERT_EQ(each.steps.size(), 3U);
        for (std::int64_t step = 0; step < 3; ++step) {
            const StepRecord& record = each.steps[static_cast<std::size_t>(step)];
            EXPECT_EQ(record.step, step);
            EXPECT_EQ(record.tokens, 64);
            EXPECT_GT(record.duration.count(), 0);
        }
        EXPECT_EQ(each.done->steps, 3);
        EXPECT_GT(each.done->peakMemory.count, 0);
    }
    EXPECT_EQ(ended[1].hello->pid, pid);
}

TEST(RankProgram, NeedsLessMemoryForAShardThanForTheWholeSequence) {
    const auto peak = [](const std::string& mode, std::int64_t ranks) {
        RunConfig config = quickRun(mode, ranks, 2);
        config.train.seqLen = 4096;
        return trainWithProcesses(config).front().done->peakMemory.count;
    };
    const std::int64_t whole = peak("none", 1);
    EXPECT_LT(peak("zigzag", 2), whole * 7 / 10);
    EXPECT_GT(peak("legacy", 2), whole * 8 / 10) << "legacy holds all activations on every rank";
}

RunConfig runWithBudget(const std::string& mode, std::int64_t ranks,
                        std::optional<std::int64_t> budget) {
    RunConfig config = quickRun(mode, ranks, 3);
    config.train.seqLen = 512;
    if (budget) config.memory.budget = Bytes{*budget};
    return config;
}

std::int64_t largestPeak(const std::vector<EndedRank>& ended) {
    std::int64_t most = 0;
    for (const EndedRank& each : ended) most = std::max(most, each.done->peakMemory.count);
    return most;
}

TEST(RankProgram, TrainsTheSameWithABudgetThatJustFits) {
    for (const auto& [mode, ranks] : {std::pair("none", 1), {"zigzag", 2}}) {
        const std::vector<EndedRank> free =
            trainWithProcesses(runWithBudget(mode, ranks, std::nullopt));
        const std::int64_t peak = largestPeak(free);
        const std::vector<EndedRank> limited = trainWithProcesses(runWithBudget(mode, ranks, peak));
        EXPECT_EQ(largestPeak(limited), peak);
        ASSERT_EQ(limited[0].steps.size(), 3U);
        for (std::size_t step = 0; step < 3; ++step)
            EXPECT_EQ(limited[0].steps[step].loss, free[0].steps[step].loss);
    }
}

// Wherever the budget ends: while the model is made, in a pass, in the update.
TEST(RankProgram, EndsInOneSentenceWhereItsBudgetHasNoRoom) {
    for (const auto& [mode, ranks] : {std::pair("none", 1), {"zigzag", 2}}) {
        const std::int64_t peak =
            largestPeak(trainWithProcesses(runWithBudget(mode, ranks, std::nullopt)));
        for (const std::int64_t budget :
             {std::int64_t{1}, peak / 4, peak / 2, peak * 3 / 4, peak - 1}) {
            RankProcesses processes(runWithBudget(mode, ranks, budget));
            const std::vector<EndedRank> ended = processes.wait();
            int refused = 0;
            for (const EndedRank& each : ended) {
                EXPECT_EQ(each.exitCode, 1) << each.signal;
                EXPECT_FALSE(each.done.has_value());
                EXPECT_EQ(each.error.find('\n'), std::string::npos) << each.error;
                if (each.error.starts_with("memory.budget (")) ++refused;
            }
            EXPECT_GT(refused, 0) << mode << " with " << budget << " bytes";
        }
    }
}

TEST(RankProgram, SaysWhatItsBudgetHasNoRoomForAndWhatWouldHelp) {
    RunConfig config = runWithBudget("none", 1, std::nullopt);
    const std::int64_t peak = trainWithProcesses(config)[0].done->peakMemory.count;
    config.memory.budget = Bytes{peak - 1};
    RankProcesses processes(config);
    const EndedRank ended = processes.wait()[0];
    EXPECT_THAT(ended.error, ::testing::MatchesRegex(
                                 "memory\\.budget \\(.*\\) has no room for .* of [a-z]+ in the "
                                 "(forward|backward) pass of step 0.*: .* are held \\(parameters "
                                 ".*, gradients .*, optimizer .*\\); less is needed with .*, or "
                                 "raise memory\\.budget"));
}

TEST(RankProgram, TellsHowMessagesWereMadeSmallAndTrainsTheSame) {
    const RunConfig config = quickRun("zigzag", 2, 3);
    const std::vector<EndedRank> plain = trainWithProcesses(config);
    RunConfig tight = config;
    tight.parallel.commBufferLimit = {2 * 32 * 32 * 4 * 2 / 2};  // half of twice K and V
    RankProcesses processes(tight);
    std::vector<std::string> said;
    processes.onEvent = [&](int, const RankEvent& event) {
        if (const auto* log = std::get_if<RankLog>(&event)) said.push_back(log->message);
    };
    const std::vector<EndedRank> ended = processes.wait();
    EXPECT_THAT(said, ::testing::ElementsAre(
                          HasSubstr("38,457 tokens"),
                          HasSubstr("messages fit parallel.comm_buffer_limit (8.00 KiB) with heads "
                                    "in 2 turns; buffers take ")));
    ASSERT_EQ(ended[0].exitCode, 0) << ended[0].error;
    ASSERT_EQ(ended[0].steps.size(), 3U);
    for (std::size_t step = 0; step < 3; ++step)
        EXPECT_NEAR(ended[0].steps[step].loss, plain[0].steps[step].loss, 1e-5);
    EXPECT_EQ(ended[0].done->attentionBytesPerStep, plain[0].done->attentionBytesPerStep);
}

// What each of two ranks says of validations and of its end.
struct ValidatedRun {
    std::vector<ValidationRecord> validations;
    std::vector<EndedRank> ended;
};
ValidatedRun validated(const RunConfig& config) {
    RankProcesses processes(config);
    ValidatedRun run;
    processes.onEvent = [&](int rank, const RankEvent& event) {
        const auto* told = std::get_if<RankValidation>(&event);
        if (told == nullptr) return;
        EXPECT_EQ(rank, 0);
        run.validations.push_back(told->validation);
    };
    run.ended = processes.wait();
    for (const EndedRank& each : run.ended) EXPECT_EQ(each.exitCode, 0) << each.error;
    return run;
}

TEST(RankProgram, ValidatesAfterStepsAndAtTheEndAndTrainsTheSame) {
    RunConfig config = quickRun("zigzag", 2, 5);
    config.data.validation = 0.2;
    const ValidatedRun once = validated(config);
    config.train.validateEvery = 2;
    const ValidatedRun often = validated(config);
    std::vector<std::int64_t> after;
    for (const ValidationRecord& each : often.validations) {
        after.push_back(each.step);
        EXPECT_EQ(each.tokens, 8 * 64);
        EXPECT_TRUE(std::isfinite(each.loss));
    }
    EXPECT_EQ(after, (std::vector<std::int64_t>{1, 3, 4}));
    ASSERT_EQ(once.validations.size(), 1U);
    EXPECT_EQ(once.validations.back(), often.validations.back());
    for (std::size_t step = 0; step < 5; ++step)
        EXPECT_EQ(once.ended[0].steps[step].loss, often.ended[0].steps[step].loss);
    EXPECT_EQ(once.ended[0].done->attentionBytesPerStep,
              often.ended[0].done->attentionBytesPerStep);
}

TEST(RankProgram, EndsAllRanksAfterTheStepThatAValidationSaysAndTellsWhy) {
    RunConfig config = quickRun("ring", 2, 9);
    config.data.validation = 0.2;
    config.train.validateEvery = 2;
    config.train.stopLoss = 100.0;
    for (const EndedRank& each : validated(config).ended) {
        EXPECT_EQ(each.steps.size(), 2U);
        EXPECT_EQ(each.done->steps, 2);
        EXPECT_THAT(each.done->ended,
                    ::testing::MatchesRegex("train\\.stop_loss 100: the validation after step 1 "
                                            "has loss [0-9.]+; the run ended after 2 of 9 steps"));
    }
    config.train.stopLoss.reset();
    config.train.lr = 0;  // no validation is better than the first
    config.train.stopPatience = 2;
    for (const EndedRank& each : validated(config).ended) {
        EXPECT_EQ(each.done->steps, 6);
        EXPECT_THAT(each.done->ended, HasSubstr("the run ended after 6 of 9 steps"));
    }
}

TEST(RankProgram, EndsWithTheEpochs) {
    RunConfig config = quickRun("ring", 2, 2000);
    config.train.seqLen = 8192;  // of 38,457 tokens
    config.train.epochs = 1;
    for (const EndedRank& each : validated(config).ended) {
        EXPECT_EQ(each.steps.size(), 5U);
        EXPECT_EQ(each.done->ended,
                  "train.epochs 1: the data was seen so often; the run ended after 5 steps");
    }
}

TEST(RankProgram, EndsWhenItsInputDoes) {
    RankProcesses processes(quickRun("none", 1, 1'000'000));
    processes.onEvent = [&](int rank, const RankEvent& event) {
        if (std::holds_alternative<RankStep>(event)) processes.closeInput(rank);
    };
    const std::vector<EndedRank> ended = processes.wait();
    EXPECT_EQ(ended[0].exitCode, 1);
    EXPECT_FALSE(ended[0].done.has_value());
}

TEST(RankProgram, EndsWhenItsInputDoesWhileItWaitsForTheRendezvous) {
    RankProcesses processes(quickRun("ring", 2, 3));
    processes.closeInput(1);  // before rank 0 could tell it where
    processes.onEvent = [&](int, const RankEvent&) { processes.closeInput(0); };
    const std::vector<EndedRank> ended = processes.wait();
    EXPECT_EQ(ended[1].exitCode, 1);
    EXPECT_EQ(ended[0].exitCode, 1);
}

TEST(RankProgram, NamesTheOtherRankWhenItDies) {
    RankProcesses processes(quickRun("ring", 2, 1'000'000));
    bool killed = false;
    processes.onEvent = [&](int rank, const RankEvent& event) {
        if (rank == 0 && !killed && std::holds_alternative<RankStep>(event)) {
            processes.kill(1);
            killed = true;
        }
    };
    const std::vector<EndedRank> ended = processes.wait();
    EXPECT_EQ(ended[1].signal, SIGKILL);
    EXPECT_EQ(ended[0].exitCode, 1);
    EXPECT_THAT(ended[0].error, HasSubstr("failed"));
    EXPECT_EQ(ended[0].error.find('\n'), std::string::npos) << "an error is one sentence";
}

TEST(RankProgram, SaysInOneSentenceWhatItCannotTrain) {
    RunConfig config = quickRun("none", 1, 2);
    config.data.source = "/nowhere/text";
    RankProcesses processes(config);
    const std::vector<EndedRank> ended = processes.wait();
    EXPECT_EQ(ended[0].exitCode, 1);
    EXPECT_TRUE(ended[0].steps.empty());
    EXPECT_THAT(ended[0].error, HasSubstr("/nowhere/text"));
}

TEST(RankProgram, RefusesAConfigurationForAnotherNumberOfRanks) {
    RankProcesses processes("parallel: {mode: ring, sp: 4}\n", 1);
    const std::vector<EndedRank> ended = processes.wait();
    EXPECT_EQ(ended[0].exitCode, 1);
    EXPECT_EQ(ended[0].error, "the configuration is for 4 ranks, but --world is 1");
}

TEST(RankProgram, PointsAtTheBrokenLineOfItsConfiguration) {
    RankProcesses processes("train:\n  stepz: 4\n", 1);
    const std::vector<EndedRank> ended = processes.wait();
    EXPECT_EQ(ended[0].exitCode, 1);
    EXPECT_THAT(ended[0].error, HasSubstr("stepz"));
    EXPECT_THAT(ended[0].error, HasSubstr(":2:"));
}

}  // namespace
}  // namespace ringscope
