// Validations between steps: the loss is that of the model, the same under every mode, and training
// goes on as if there were none.
#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/train/training.h"

#include "backend/text/sequences.h"

#include <gmock/gmock.h>

#include <cmath>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using test::runRanks;
using test::shardedModes;
using test::smallRun;

struct Validated {
    std::vector<StepRecord> steps;
    std::vector<ValidationRecord> validations;
    std::vector<double> parameters;
    std::vector<std::int64_t> sent;  // by rank 0, of each step
};

RunConfig validatedRun(const std::string& mode, int ranks) {
    RunConfig config = smallRun(mode, ranks);
    config.data.validation = 0.1;
    config.train.steps = 3;
    config.train.validateBatches = 5;
    return config;
}

// Rank 0's view; every rank's must be the same. With `often`, a validation after every step.
Validated trained(const RunConfig& config, bool often) {
    const RunPlan plan = planRun(config).value();
    const Sequences sequences = Sequences::make(TokenText::open(config).value(), config).value();
    const auto batches = [&](std::int64_t step, std::int64_t number) {
        return makeBatch(sequences, config.train, step, number);
    };
    const auto keptOut = [&](std::int64_t number) {
        return validationBatch(sequences, config.train, number);
    };
    std::vector<Validated> all(static_cast<std::size_t>(plan.ranks));
    runRanks(plan.ranks, [&](Group& group) {
        const auto trainer = Trainer::make(plan, group, batches).value();
        Validated& own = all[static_cast<std::size_t>(group.rank())];
        for (std::int64_t step = 0; step < config.train.steps; ++step) {
            const StepOutcome outcome = trainer->step(step).value();
            own.steps.push_back(outcome.record);
            own.sent.push_back(outcome.sent.total());
            if (often)
                own.validations.push_back(
                    trainer->validate(step, keptOut, validationBatches(sequences, config.train))
                        .value());
        }
        own.parameters = trainer->parameterValues();
    });
    for (const Validated& each : all) EXPECT_EQ(each.validations, all.front().validations);
    return all.front();
}

// Steps, parameters and messages of steps, to the bit.
void expectSameTraining(const RunConfig& config, const std::string& what) {
    const Validated with = trained(config, true);
    const Validated without = trained(config, false);
    ASSERT_EQ(with.steps.size(), without.steps.size());
    for (std::size_t step = 0; step < with.steps.size(); ++step) {
        EXPECT_EQ(with.steps[step].loss, without.steps[step].loss) << what << " step " << step;
        EXPECT_EQ(with.steps[step].gradNorm, without.steps[step].gradNorm) << what;
    }
    EXPECT_EQ(with.parameters, without.parameters) << what;
    EXPECT_EQ(with.sent, without.sent) << what;
}

TEST(Validation, ChangesNoBitOfTraining) {
    for (const std::string& mode : shardedModes()) {
        RunConfig config = validatedRun(mode, 2);
        config.attention.dropout = 0.2;
        expectSameTraining(config, mode);
    }
    for (const std::int64_t zero : {0, 1, 2, 3})
        for (const bool tied : {false, true}) {
            RunConfig config = validatedRun("zigzag", 2);
            config.memory.zero = zero;
            config.memory.recompute = Recompute::Layers;
            config.model.tiedHead = tied;
            expectSameTraining(config, "zero " + std::to_string(zero));
        }
}

TEST(Validation, FindsTheSameLossInEveryModeAndForEverySplit) {
    const Validated reference = trained(validatedRun("none", 1), true);
    ASSERT_EQ(reference.validations.size(), 3U);
    EXPECT_EQ(reference.validations[0].tokens, 5 * 64);
    EXPECT_LT(reference.validations[2].loss, reference.validations[0].loss);
    const auto expectSame = [&](const RunConfig& config, const std::string& what) {
        const Validated found = trained(config, true);
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(found.validations[i].step, static_cast<std::int64_t>(i)) << what;
            EXPECT_EQ(found.validations[i].tokens, reference.validations[i].tokens) << what;
            EXPECT_NEAR(found.validations[i].loss, reference.validations[i].loss, 1e-11) << what;
        }
    };
    for (const std::string& mode : shardedModes()) expectSame(validatedRun(mode, 2), mode);
    for (const std::int64_t zero : {0, 3}) {
        RunConfig config = validatedRun("ring", 2);
        config.memory.zero = zero;
        config.memory.tileLoss = 5;
        expectSame(config, "zero " + std::to_string(zero));
    }
}

// Replicas take batches in turn: five of three do not come out even.
TEST(Validation, CountsEveryBatchOnceWhereReplicasShareThem) {
    RunConfig alone = validatedRun("none", 1);
    alone.train.gradAccum = 3;
    const Validated reference = trained(alone, true);
    for (const std::int64_t zero : {1, 3}) {
        RunConfig config = validatedRun("ring", 1);
        config.parallel.dp = 3;
        config.memory.zero = zero;
        const Validated found = trained(config, true);
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(found.validations[i].tokens, reference.validations[i].tokens);
            EXPECT_NEAR(found.validations[i].loss, reference.validations[i].loss, 1e-11);
        }
    }
}

// The loss of a step is that of the parameters before it.
TEST(Validation, FindsTheLossThatAStepOnTheSameBatchHas) {
    RunConfig config = validatedRun("zigzag", 2);
    config.train.validateBatches = 1;
    const RunPlan plan = planRun(config).value();
    const Sequences sequences = Sequences::make(TokenText::open(config).value(), config).value();
    const auto keptOut = [&](std::int64_t number) {
        return validationBatch(sequences, config.train, number);
    };
    runRanks(plan.ranks, [&](Group& group) {
        const auto trainer = Trainer::make(plan, group, [&](std::int64_t, std::int64_t) {
                                 return keptOut(0);
                             }).value();
        for (std::int64_t step = 0; step < 2; ++step) {
            const double before = trainer->validate(step, keptOut, 1).value().loss;
            EXPECT_NEAR(before, trainer->step(step).value().record.loss, 1e-12);
        }
    });
}

// It is the plain likelihood, so that its exponential is a perplexity.
TEST(Validation, KnowsNoDropoutNoSmoothingAndNoZLoss) {
    const double plain = trained(validatedRun("ring", 2), true).validations.front().loss;
    RunConfig config = validatedRun("ring", 2);
    config.train.lr = 0;  // so that both validate the same parameters
    config.attention.dropout = 0.5;
    config.train.labelSmoothing = 0.3;
    config.train.zLoss = 0.1;
    const double ruled = trained(config, true).validations.front().loss;
    RunConfig still = validatedRun("ring", 2);
    still.train.lr = 0;
    EXPECT_EQ(trained(still, true).validations.front().loss, ruled);
    EXPECT_NE(plain, ruled) << "a step with lr changes the parameters";
}

TEST(Validation, OfExpertsOnOtherRanksIsTheSameAndCountsNoUse) {
    RunConfig alone = validatedRun("none", 1);
    alone.model.experts = {.count = 4, .perToken = 2, .size = 16};
    const Validated reference = trained(alone, true);
    RunConfig config = alone;
    config.parallel.mode = "ring";
    config.parallel.sp = 2;
    config.parallel.ep = 2;
    const Validated found = trained(config, true);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_NEAR(found.validations[i].loss, reference.validations[i].loss, 1e-10);
    expectSameTraining(config, "experts");
}

// Of builtin:recall: each answer once, whoever holds it, in the range of its distance.
TEST(Validation, CountsAnswersOfRecallByDistanceInEveryModeAndForEverySplit) {
    const auto recallRun = [](const std::string& mode, int ranks) {
        RunConfig config = validatedRun(mode, ranks);
        config.data.source = "builtin:recall";
        config.model.vocabSize = 256;
        config.train.seqLen = 96;
        return config;
    };
    const Validated reference = trained(recallRun("none", 1), true);
    const ValidationRecord& found = reference.validations.front();
    ASSERT_EQ(found.recall.size(), 4U);
    EXPECT_EQ(found.recall.back().upTo, 96);
    std::int64_t answers = 0;
    for (const RecallRange& range : found.recall) {
        EXPECT_GT(range.answers, 0);
        EXPECT_LE(range.right, range.answers);
        answers += range.answers;
    }
    EXPECT_EQ(answers, found.tokens);
    for (const std::string& mode : shardedModes())
        EXPECT_EQ(trained(recallRun(mode, 2), true).validations.front().recall, found.recall)
            << mode;
    RunConfig replicas = recallRun("ring", 2);
    replicas.train.gradAccum = 1;
    replicas.parallel.dp = 2;
    RunConfig alone = recallRun("none", 1);
    alone.train.gradAccum = 2;
    EXPECT_EQ(trained(replicas, true).validations.front().recall,
              trained(alone, true).validations.front().recall);
}

}  // namespace
}  // namespace ringscope
