#include "backend/migration/proof.h"

#include "backend/compare/comparison.h"
#include "backend/config/experiment.h"
#include "backend/config/mode_names.h"
#include "backend/core/text.h"

#include <algorithm>

namespace ringscope {
namespace {

constexpr std::int64_t proofHead = 16;  // columns
constexpr std::int64_t proofSteps = 4;

void shrinkModel(ModelConfig& model) {
    model.preset = "tiny";
    model.from.reset();
    model.layers = 2;
    model.layerPattern.clear();
    model.headSize = proofHead;
    model.hiddenSize = model.heads * proofHead;
    model.ffnSize = 2 * model.hiddenSize;
    model.vocabSize = 256;
    model.experts = {};
    model.rope = {.theta = model.rope.theta};
    model.positions = model.position == PositionKind::Learned ? 1 << 16 : 0;
}

void shrinkTraining(RunConfig& config) {
    TrainConfig& train = config.train;
    const TrainConfig usual;
    train.task = TrainTask::Lm;
    train.steps = proofSteps;
    train.warmupSteps = 1;
    train.seqLen = std::max<std::int64_t>(256, 64 * config.parallel.sp);
    train.batch = 1;
    train.gradAccum = std::min<std::int64_t>(train.gradAccum, 2);
    train.lrSchedule = LrSchedule::Constant;
    train.lrWarmup = 0;
    train.lrDecay.reset();
    train.epochs.reset();
    train.stopLoss.reset();
    train.stopPatience.reset();
    train.validateEvery = 0;
    train.routerAuxLoss = usual.routerAuxLoss;
    train.routerBiasStep = usual.routerBiasStep;
    const bool packing = config.data.packing;
    config.data = {};
    config.data.packing = packing;
    config.checkpoint = {};
    config.profile = {};
    config.memory.budget.reset();
    if (config.memory.tileMlp)
        config.memory.tileMlp = std::min<std::int64_t>(*config.memory.tileMlp, 64);
    if (config.attention.window)
        config.attention.window =
            std::min<std::int64_t>(*config.attention.window, train.seqLen / 2);
}

// Legacy has neither, and a matrix cannot give a field to one of its modes alone.
void leaveLayout(Proof& proof, ParallelConfig& parallel) {
    const ParallelConfig usual;
    if (parallel.layout != usual.layout || parallel.tokenOrder != usual.tokenOrder)
        proof.notes.emplace_back(
            "parallel.layout and parallel.token_order are left out on both sides, as legacy has "
            "neither; they decide where tokens are, and no result");
    removeLayout(parallel);
}

}  // namespace

void removeLayout(ParallelConfig& parallel) {
    const ParallelConfig usual;
    parallel.layout = usual.layout;
    parallel.tokenOrder = usual.tokenOrder;
    parallel.image = usual.image;  // of a longer sequence, too
}

Result<Proof> proofOf(const Migration& migration) {
    const ExperimentReading reading = readExperiment({.fileName = "experiment",
                                                      .fileText = migration.experiment,
                                                      .environment = {},
                                                      .overrides = {}});
    if (!reading.ok())
        return Error{ErrorCode::InvalidConfig,
                     "the experiment would not run: " + reading.problems.front().text()};
    RunConfig config = reading.experiment.base;
    if (config.parallel.sp == 1)
        return Error{ErrorCode::Unavailable,
                     "nothing to prove: a sequence stays on one rank, in the old stack, too"};
    if (config.model.attention != AttentionKind::Gqa)
        return Error{ErrorCode::Unavailable, "nothing to prove: legacy has no latent attention"};
    Proof proof;
    const std::int64_t ranks = config.parallel.sp;
    config.parallel.sp = std::min<std::int64_t>(ranks, mostProofRanks);
    if (ranks != config.parallel.sp)
        proof.notes.push_back(std::to_string(config.parallel.sp) + " ranks stand for " +
                              std::to_string(ranks));
    config.parallel.dp = 1;
    config.parallel.ep = 1;
    if (config.parallel.ulysses && config.parallel.sp % *config.parallel.ulysses != 0)
        config.parallel.ulysses.reset();
    leaveLayout(proof, config.parallel);
    shrinkModel(config.model);
    shrinkTraining(config);
    for (const KeyVerdict& key : migration.keys)
        if (key.newPath == "parallel.mode" && key.old == "deepspeed-alst")
            proof.notes.emplace_back(
                "what the fork's newest revision computes, attention within a rank's own shard, is "
                "no mode of Ringscope; legacy stands for the old way");
    const std::string mode = config.parallel.mode;
    proof.experiment = "name: " + reading.experiment.name + "-proof\n" + toYaml(config) +
                       "\nmatrix: {parallel.mode: [" + std::string(modenames::legacy) + ", " +
                       mode + "]}\nbaseline: {parallel.mode: " + std::string(modenames::legacy) +
                       "}\n";
    return proof;
}

std::string provenWords(const Proven& proven) {
    const Result<Comparison> comparison = compareRuns(proven.runs);
    if (!comparison.ok()) return "nothing to compare: " + comparison.error().message;
    return comparison->verdict;
}

}  // namespace ringscope
