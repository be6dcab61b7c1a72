#include "kernels/train/trainer.h"

#include "backend/config/data_source.h"
#include "backend/core/mix.h"
#include "backend/plan/learning_rate.h"
#include "backend/text/recall.h"
#include "kernels/train/adamw.h"
#include "kernels/train/expert_balance.h"
#include "kernels/train/loss_scale.h"
#include "kernels/train/rank_model.h"
#include "kernels/train/rank_optimizers.h"
#include "kernels/train/sharded_optimizer.h"
#include "profiler/span_recorder.h"
#include "profiler/trace_place.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace ringscope {
namespace {

// Sums over all ranks, the same on every rank.
struct Totals {
    double loss = 0;
    double squaredNorm = 0;
};

// Two exchanges of a few scalars. They count as Purpose::Other.
Totals sumOverRanks(Group& group, double loss, double squares, c10::Device device) {
    if (group.size() == 1) return {loss, squares};
    at::Tensor scalars = at::empty({2}, at::kDouble);
    scalars[0].fill_(loss);
    scalars[1].fill_(squares);
    scalars = scalars.to(device);
    group.allReduceSum(scalars);
    return {scalars[0].item<double>(), scalars[1].item<double>()};
}

Nanos slowest(Group& group, Nanos own, c10::Device device) {
    if (group.size() == 1) return own;
    at::Tensor durations = at::zeros({group.size()}, at::kDouble);
    durations[group.rank()].fill_(static_cast<double>(own.count()));
    durations = durations.to(device);
    group.allReduceSum(durations);
    return Nanos(static_cast<Nanos::rep>(durations.max().item<double>()));
}

// Answers of builtin:recall, by how far back they were said.
class RecallTally {
public:
    RecallTally(const RunConfig& config, c10::Device device) : device_(device) {
        if (config.data.source != builtinRecall) return;
        for (const std::int64_t end : recallRanges(config.train.seqLen))
            ranges_.push_back({.upTo = end});
    }

    // What takes the guesses of a batch; none where nothing is tallied.
    SeeGuess takerOf(const TokenBatch& batch) {
        if (ranges_.empty()) return {};
        return [this, &batch](const Guess& guess) {
            const auto first = static_cast<std::size_t>(guess.row * batch.tokens);
            const std::span row =
                std::span(batch.inputs).subspan(first, static_cast<std::size_t>(batch.tokens));
            const auto range = std::ranges::lower_bound(ranges_, recalledDistance(row, guess.token),
                                                        {}, &RecallRange::upTo);
            ++range->answers;
            range->right += guess.right ? 1 : 0;
        };
    }

    // Over all ranks.
    std::vector<RecallRange> total(Group& group) const {
        if (group.size() == 1 || ranges_.empty()) return ranges_;
        std::vector<double> counts;
        for (const RecallRange& range : ranges_)
            counts.insert(counts.end(),
                          {static_cast<double>(range.answers), static_cast<double>(range.right)});
        at::Tensor sums = at::tensor(at::ArrayRef<double>(counts)).to(device_);
        group.allReduceSum(sums);
        sums = sums.cpu();
        std::vector<RecallRange> all = ranges_;
        const double* sum = sums.const_data_ptr<double>();
        for (RecallRange& range : all) {
            range.answers = std::llround(*sum++);
            range.right = std::llround(*sum++);
        }
        return all;
    }

private:
    c10::Device device_;
    std::vector<RecallRange> ranges_{};
};

double normOf(const Totals& totals) {
    return std::isfinite(totals.squaredNorm) ? std::sqrt(totals.squaredNorm)
                                             : std::numeric_limits<double>::quiet_NaN();
}

double clipFactor(double norm, double limit) {
    return limit > 0 && norm > limit ? limit / norm : 1.0;
}

}  // namespace

struct Trainer::State {
    State(const RunPlan& runPlan, Group& ranks, BatchSource source,
          std::unique_ptr<RankModel> rankModel, std::unique_ptr<RecordFile> stateFile,
          c10::Device where)
        : plan(runPlan),
          all(ranks),
          batches(std::move(source)),
          device(where),
          model(std::move(rankModel)),
          optimizerFile(std::move(stateFile)),
          optimizers(optimizersOf(plan.config.train, *model, optimizerFile.get())),
          lossScale(plan.config.train.precision == NumberFormat::Fp16 ? LossScale::dynamic()
                                                                      : LossScale::none()) {}

    std::int64_t countTokens(std::int64_t step);
    double accumulateGradients(std::int64_t step, double scale);
    void shareExpertUse();
    void moveRouterBiases();
    void settleFiles();
    double squaresOfGradients();
    Totals totalsOf(double ownLoss);
    Result<std::string> update(std::int64_t step, const Totals& totals);
    StepOutcome outcome(std::int64_t step, const Totals& totals, Nanos ownDuration);

    RunPlan plan;
    Group& all;
    BatchSource batches;
    c10::Device device;
    std::unique_ptr<RankModel> model;
    std::unique_ptr<RecordFile> optimizerFile;  // memory.offload_optimizer
    std::vector<ShardedOptimizer> optimizers;   // of each part of the parameters
    LossScale lossScale;
    std::int64_t tokens = 0;  // of the step
    at::Tensor expertUse{};   // of the step so far, over all ranks, double; where there are experts
};

// Returns the labelled tokens of the step; padding is not counted as tokens.
std::int64_t Trainer::State::countTokens(std::int64_t step) {
    std::int64_t labelled = 0;
    tokens = 0;
    for (std::int64_t number = 0; number < plan.microSteps * plan.replicas; ++number) {
        const TokenBatch batch = batches(step, number);
        labelled += labelledTokens(batch.labels);
        tokens += batch.rows * batch.tokens - batch.padding;
    }
    return labelled;
}

// Returns the rank's part of the step's loss.
double Trainer::State::accumulateGradients(std::int64_t step, double scale) {
    for (ShardedOptimizer& optimizer : optimizers) optimizer.part().clearGradients();
    const double balanceScale = plan.config.train.routerAuxLoss * lossScale.value() /
                                static_cast<double>(plan.microSteps * plan.replicas);
    double sum = 0;
    for (std::int64_t micro = 0; micro < plan.microSteps; ++micro) {
        const std::int64_t number =
            micro * plan.replicas + all.rank() / (plan.ranks / plan.replicas);
        const at::Tensor loss = [&] {
            const TokenBatch batch = batches(step, number);
            const ScopedSpan span(tagHere(SpanKind::Compute, Operation::Forward));
            const PlaceScope restored;
            enterPass(SpanPass::Forward);
            return model->loss(batch, {step, number}, scale, balanceScale);
        }();
        sum += loss.item<double>();
        const ScopedSpan span(tagHere(SpanKind::Compute, Operation::Backward));
        const PlaceScope restored;
        enterPass(SpanPass::Backward);
        loss.backward();
        model->endBackward();
    }
    return sum;
}

// Counts as Purpose::Other.
void Trainer::State::shareExpertUse() {
    expertUse = model->takeExpertUse();
    if (!expertUse.defined()) return;
    expertUse = expertUse.to(at::kDouble);
    if (all.size() > 1) all.allReduceSum(expertUse);
}

// What was written behind is on the disk, and its memory free.
void Trainer::State::settleFiles() {
    if (optimizerFile) optimizerFile->settle();
    model->endUpdate();
}

void Trainer::State::moveRouterBiases() {
    const double size = plan.config.train.routerBiasStep;
    if (size == 0) return;
    const at::Tensor changes = biasChanges(expertUse) * size;
    std::int64_t layer = 0;
    for (const ParameterSpec& spec : model->parameters().list())
        if (spec.name.ends_with("router.bias")) {
            for (ShardedOptimizer& optimizer : optimizers) optimizer.add(spec, changes[layer]);
            ++layer;
        }
}

// Of the summed gradients that this rank updates parameters with.
double Trainer::State::squaresOfGradients() {
    double squares = 0;
    for (ShardedOptimizer& optimizer : optimizers)
        squares += sumOfSquares(optimizer.part().summedSlice());
    return squares;
}

// Totals of the unscaled loss: the loss scale is divided out again.
Totals Trainer::State::totalsOf(double ownLoss) {
    const double squares = squaresOfGradients();
    const Totals scaled = sumOverRanks(all, ownLoss, squares, device);
    const double scale = lossScale.value();
    return {scaled.loss / scale, scaled.squaredNorm / (scale * scale)};
}

// The optimizer's step. Where fp16 could not hold the gradient, the step is skipped and a sentence
// says so.
Result<std::string> Trainer::State::update(std::int64_t step, const Totals& totals) {
    const std::string number = "step " + std::to_string(step);
    const bool finite = std::isfinite(totals.squaredNorm);
    if (!std::isfinite(totals.loss) || (!finite && !lossScale.isDynamic())) {
        const std::string loss = std::isnan(totals.loss) ? "a loss that is no number"
                                                         : "loss " + std::to_string(totals.loss);
        return Error{ErrorCode::Failed,
                     number + " has " + loss + " and is no longer training; lower train.lr" +
                         (lossScale.isDynamic() ? " or use train.precision bf16" : "")};
    }
    const double scale = lossScale.value();
    if (!lossScale.stepped(finite))
        return Error{ErrorCode::Failed,
                     number +
                         " has a gradient that fp16 cannot hold at any loss scale; lower "
                         "train.lr or use train.precision bf16"};
    if (finite) {
        const double factor =
            clipFactor(std::sqrt(totals.squaredNorm), plan.config.train.gradClip) / scale;
        stepAll(optimizers, factor, learningRateShare(plan.config.train, step));
        moveRouterBiases();
        settleFiles();
    }
    for (ShardedOptimizer& optimizer : optimizers) optimizer.part().shareValues();
    if (finite) return std::string();
    return number + " is skipped: its gradient is too large for fp16 at loss scale " +
           std::to_string(static_cast<std::int64_t>(scale)) + "; the next steps use " +
           std::to_string(static_cast<std::int64_t>(lossScale.value()));
}

StepOutcome Trainer::State::outcome(std::int64_t step, const Totals& totals, Nanos ownDuration) {
    StepOutcome outcome{.record = {.step = step,
                                   .loss = totals.loss,
                                   .gradNorm = normOf(totals),
                                   .duration = slowest(all, ownDuration, device),
                                   .tokens = tokens},
                        .ownDuration = ownDuration};
    outcome.sent = all.sent();
    if (expertUse.defined()) outcome.expertUse = countsOf(expertUse);
    return outcome;
}

Trainer::Trainer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Trainer::~Trainer() = default;

Result<std::unique_ptr<Trainer>> Trainer::make(const RunPlan& plan, Group& group,
                                               BatchSource batches, c10::Device device) {
    RINGSCOPE_TRY(std::unique_ptr<RankModel> model, RankModel::make(plan, group, device));
    RINGSCOPE_TRY(std::unique_ptr<RecordFile> file, optimizerFileOf(plan, *model));
    auto state = std::make_unique<State>(plan, group, std::move(batches), std::move(model),
                                         std::move(file), device);
    return std::unique_ptr<Trainer>(new Trainer(std::move(state)));
}

Result<StepOutcome> Trainer::step(std::int64_t index) {
    State& state = *state_;
    const PlaceScope place;
    tracePlace().step = static_cast<std::int32_t>(index);
    const ScopedSpan whole(tagHere(SpanKind::Step, Operation::None));
    const auto start = std::chrono::steady_clock::now();
    state.all.resetSent();
    const std::int64_t tokens = state.countTokens(index);
    if (tokens == 0)
        return Error{ErrorCode::InvalidConfig,
                     "no token of step " + std::to_string(index) +
                         " has a label; train on text with at least one per step"};

    const double scale = state.lossScale.value() / static_cast<double>(tokens);
    const double ownLoss = state.accumulateGradients(index, scale);
    enterPass(SpanPass::Update);
    state.shareExpertUse();
    const Totals totals = state.totalsOf(ownLoss);
    RINGSCOPE_TRY(std::string note, state.update(index, totals));
    const Nanos duration = std::chrono::steady_clock::now() - start;
    StepOutcome outcome = state.outcome(index, totals, duration);
    outcome.note = std::move(note);
    return outcome;
}

// Replicas take batches in turn. Where one has none left, it computes the last one once more, which
// does not count: ranks of all replicas may have to send each other parameters and tokens.
Result<ValidationRecord> Trainer::validate(std::int64_t index, const ValidationBatches& batches,
                                           std::int64_t count) {
    State& state = *state_;
    const PlaceScope place;
    tracePlace().step = static_cast<std::int32_t>(index);
    enterPass(SpanPass::Forward);
    const std::int64_t replicas = state.plan.replicas;
    const std::int64_t own = state.all.rank() / (state.plan.ranks / replicas);
    double sum = 0;
    ValidationRecord record{.step = index};
    RecallTally recall(state.plan.config, state.device);
    for (std::int64_t first = 0; first < count; first += replicas)
        for (std::int64_t number = first; number < first + replicas; ++number) {
            const TokenBatch batch = batches(std::min(number, count - 1));
            if (number < count) record.tokens += labelledTokens(batch.labels);
            if (number - first != own) continue;
            const double likelihoods = state.model->likelihoods(
                batch, {index, number}, number < count ? recall.takerOf(batch) : SeeGuess());
            if (number < count) sum += likelihoods;
        }
    if (record.tokens == 0)
        return Error{ErrorCode::InvalidConfig,
                     "no token of data.validation has a label; keep more out of training"};
    record.loss =
        sumOverRanks(state.all, sum, 0, state.device).loss / static_cast<double>(record.tokens);
    record.recall = recall.total(state.all);
    return record;
}

at::Tensor Trainer::wholeValues(std::int64_t first) { return state_->model->wholeValues(first); }

c10::Device Trainer::device() const { return state_->device; }

TrainingProgress Trainer::progress() const {
    const LossScale& scale = state_->lossScale;
    return {.optimizerSteps = state_->optimizers.front().steps(),
            .lossScale = scale.isDynamic() ? scale.value() : 0,
            .goodSteps = scale.goodSteps()};
}

Result<void> Trainer::visitOwnedSlices(const SliceVisit& visit) {
    return ringscope::visitOwnedSlices(*state_->model, state_->optimizers, visit);
}

Result<void> Trainer::restore(const TrainingState& stored) {
    State& state = *state_;
    const TrainingProgress& progress = stored.progress;
    RINGSCOPE_CHECK(
        restoreSlices(*state.model, state.optimizers, stored.slices, progress.optimizerSteps));
    state.settleFiles();
    if (state.lossScale.isDynamic() && progress.lossScale > 0)
        state.lossScale.restore(progress.lossScale, progress.goodSteps);
    return {};
}

std::vector<double> Trainer::parameterValues() {
    const at::Tensor values = wholeValues().to(at::kDouble).contiguous();
    const double* first = values.const_data_ptr<double>();
    return {first, first + values.numel()};
}

}  // namespace ringscope
