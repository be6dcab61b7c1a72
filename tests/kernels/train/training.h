// Training with ranks as threads over real Gloo groups, on batches a test makes.
#pragma once

#include "kernels/train/trainer.h"

#include <string>
#include <vector>

namespace ringscope::test {

// Two layers over 64 tokens in fp64, four steps.
RunConfig smallRun(const std::string& mode, int ranks);

// The same with native sparse attention; and the modes that have all its keys.
RunConfig sparseRun(const std::string& mode, int ranks);
std::vector<std::string> sparseModes();

// The modes that split a sequence.
std::vector<std::string> shardedModes();

// Of data.source, which is prose where nothing else is said.
BatchSource fromProse(const RunConfig& config);

// Documents of prose cut short, so that 64 tokens hold several; they differ from step to step.
BatchSource packedProse(const RunConfig& config);

struct TrainedRank {
    std::vector<StepOutcome> steps;
    std::vector<double> parameters;
};

// One for each rank of the plan.
std::vector<TrainedRank> train(const RunConfig& config, const BatchSource& batches);

// Adds what a checkpoint keeps of this rank. May be called by several ranks' threads.
void keepState(Trainer& trainer, TrainingState& all);

// That one rank makes no trainer, and that the sentence has these words.
void expectNoTrainer(const RunConfig& config, const std::string& words);

}  // namespace ringscope::test
