#include "backend/migration/proof.h"

#include "backend/compare/comparison.h"
#include "backend/config/mode_names.h"
#include "backend/migration/experiment_source.h"
#include "backend/migration/old_way.h"
#include "backend/plan/run_plan.h"

#include <algorithm>
#include <optional>

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

// A matrix cannot give a field to one of its modes alone.
void leaveLayout(Proof& proof, ParallelConfig& parallel, const std::string& first) {
    const ParallelConfig usual;
    if (takesLayouts(first)) return;
    if (parallel.layout != usual.layout || parallel.tokenOrder != usual.tokenOrder)
        proof.notes.push_back(
            "parallel.layout and parallel.token_order are left out on both sides, as " + first +
            " has neither; they decide where tokens are, and no result");
    removeLayout(parallel);
}

// Why the old way cannot run at the proof's size; nothing where it can.
std::optional<std::string> refusalOf(RunConfig config, const std::string& mode) {
    if (!takesLayouts(mode)) removeLayout(config.parallel);
    config.parallel.mode = mode;
    const Result<RunPlan> plan = planRun(config);
    if (plan.ok()) return std::nullopt;
    return plan.error().message;
}

// The mode that runs first, and what there is to say of it.
std::string firstMode(Proof& proof, const RunConfig& config, const OldWay& old) {
    const std::string& mode = config.parallel.mode;
    if (old.mode.empty() || old.mode == mode) {
        proof.notes.push_back("the old way is the new way, " + oldWayWords(old) +
                              "; one rank that splits nothing (mode none) stands beside it");
        proof.sides = "one rank (none) and the old way, which is the new way (" + mode + ")";
        return std::string(modenames::none);
    }
    proof.notes.push_back("the old way is " + oldWayWords(old));
    if (const std::optional<std::string> refusal = refusalOf(config, old.mode)) {
        proof.notes.push_back("it cannot run here (" + *refusal +
                              "); one rank (mode none) stands for it");
        proof.sides = "one rank (none) and the new way (" + mode + ")";
        return std::string(modenames::none);
    }
    proof.sides = "the old way (" + old.mode + ") and the new way (" + mode + ")";
    return old.mode;
}

}  // namespace

void removeLayout(ParallelConfig& parallel) {
    const ParallelConfig usual;
    parallel.layout = usual.layout;
    parallel.tokenOrder = usual.tokenOrder;
    parallel.image = usual.image;  // of a longer sequence, too
}

Result<Proof> proofOf(const Migration& migration) {
    const ExperimentReading reading = readMigrated(migration.experiment);
    if (!reading.ok())
        return Error{ErrorCode::InvalidConfig,
                     "the experiment would not run: " + reading.problems.front().text()};
    RunConfig config = reading.experiment.base;
    if (config.parallel.sp == 1)
        return Error{ErrorCode::Unavailable,
                     "nothing to prove: a sequence stays on one rank, in the old stack, too"};
    if (config.model.attention != AttentionKind::Gqa)
        return Error{ErrorCode::Unavailable,
                     "nothing to prove: a model is made small by its heads, and latent attention "
                     "has other sizes, too"};
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
    shrinkModel(config.model);
    shrinkTraining(config);
    const std::string first = firstMode(proof, config, migration.oldWay);
    leaveLayout(proof, config.parallel, first);
    proof.experiment = "name: " + reading.experiment.name + "-proof\n" + toYaml(config) +
                       "\nmatrix: {parallel.mode: [" + first + ", " + config.parallel.mode +
                       "]}\nbaseline: {parallel.mode: " + first + "}\n";
    return proof;
}

std::string provenWords(const Proven& proven) {
    const Result<Comparison> comparison = compareRuns(proven.runs);
    if (!comparison.ok()) return "nothing to compare: " + comparison.error().message;
    return comparison->verdict;
}

}  // namespace ringscope
