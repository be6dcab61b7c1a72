#include "tests/kernels/train/training.h"

#include "backend/plan/mode_table.h"
#include "backend/text/sequences.h"
#include "tests/kernels/comm/rank_threads.h"

#include <gtest/gtest.h>
#include <mutex>

namespace ringscope::test {

RunConfig smallRun(const std::string& mode, int ranks) {
    RunConfig config;
    config.model = {
        .layers = 2, .hiddenSize = 32, .heads = 4, .kvHeads = 2, .ffnSize = 48, .vocabSize = 128};
    config.train.steps = 4;
    config.train.seqLen = 64;
    config.train.precision = NumberFormat::Fp64;
    config.train.lr = 1e-2;
    config.parallel.mode = mode;
    config.parallel.sp = ranks;
    return config;
}

RunConfig sparseRun(const std::string& mode, int ranks) {
    RunConfig config = smallRun(mode, ranks);
    config.model.attention = AttentionKind::Nsa;
    config.model.heads = 8;
    config.model.kvHeads = 4;
    config.model.nsa = {
        .block = 4, .stride = 2, .selectBlock = 8, .selected = 4, .local = 2, .window = 6};
    return config;
}

std::vector<std::string> sparseModes() { return {"legacy", "ulysses", "llama3", "ring-allgather"}; }

std::vector<std::string> shardedModes() {
    std::vector<std::string> names;
    for (const Mode& mode : modeTable())
        if (mode.sharded) names.emplace_back(mode.name);
    return names;
}

BatchSource fromProse(const RunConfig& config) {
    const Sequences sequences = Sequences::make(TokenText::open(config).value(), config).value();
    return [=](std::int64_t step, std::int64_t micro) {
        return makeBatch(sequences, config.train, step, micro);
    };
}

BatchSource packedProse(const RunConfig& config) {
    const BatchSource prose = fromProse(config);
    return [=](std::int64_t step, std::int64_t micro) {
        TokenBatch batch = prose(step, micro);
        batch.documents = {0, 1, 3, 20 + step, 21 + step, 50 + micro};
        std::erase_if(batch.documents, [&](std::int64_t token) { return token >= batch.tokens; });
        batch.documents.push_back(batch.tokens);
        for (std::int64_t row = 0; row < batch.rows; ++row)
            for (std::size_t i = 1; i < batch.documents.size(); ++i)
                batch
                    .labels[static_cast<std::size_t>(row * batch.tokens + batch.documents[i] - 1)] =
                    ignoredLabel;
        return batch;
    };
}

std::vector<TrainedRank> train(const RunConfig& config, const BatchSource& batches) {
    const RunPlan plan = planRun(config).value();
    std::vector<TrainedRank> trained(static_cast<std::size_t>(plan.ranks));
    runRanks(plan.ranks, [&](Group& group) {
        const auto trainer = Trainer::make(plan, group, batches).value();
        TrainedRank& own = trained[static_cast<std::size_t>(group.rank())];
        for (std::int64_t step = 0; step < config.train.steps; ++step)
            own.steps.push_back(trainer->step(step).value());
        own.parameters = trainer->parameterValues();
    });
    return trained;
}

void keepState(Trainer& trainer, TrainingState& all) {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    all.progress = trainer.progress();
    const Result<void> visited = trainer.visitOwnedSlices([&](const StateSlice& own) {
        StateSlice& slice = all.slices.emplace_back(own);
        slice.numbers = own.numbers.clone();
        if (own.eightBit()) slice.scales = own.scales.clone();
        return Result<void>();
    });
    EXPECT_TRUE(visited.ok());
}

void expectNoTrainer(const RunConfig& config, const std::string& words) {
    const RunPlan plan = planRun(config).value();
    runRanks(1, [&](Group& group) {
        const auto trainer = Trainer::make(plan, group, fromProse(config));
        ASSERT_FALSE(trainer.ok());
        EXPECT_NE(trainer.error().message.find(words), std::string::npos)
            << trainer.error().message;
    });
}

}  // namespace ringscope::test
