#include "kernels/train/trainer.h"

#include "backend/core/mix.h"
#include "backend/plan/blocks.h"
#include "kernels/attention/attention.h"
#include "kernels/model/parameters.h"
#include "kernels/model/transformer.h"
#include "kernels/train/adamw.h"
#include "profiler/span_recorder.h"
#include "profiler/trace_place.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

namespace ringscope {
namespace {

at::ScalarType scalarType(const TrainConfig& train) {
    return train.precision == "fp64" ? at::kDouble : at::kFloat;
}

AdamWOptions optimizerOptions(const TrainConfig& train) {
    return {.lr = train.lr, .weightDecay = train.weightDecay};
}

at::Tensor toTensor(const std::vector<std::int64_t>& values, at::IntArrayRef shape,
                    c10::Device device) {
    at::Tensor tensor = at::empty(shape, at::kLong);
    std::ranges::copy(values, tensor.mutable_data_ptr<std::int64_t>());
    return tensor.to(device);
}

// Losses and gradients of all ranks, as every rank knows them.
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

double clipFactor(double norm, double limit) {
    return limit > 0 && norm > limit ? limit / norm : 1.0;
}

}  // namespace

struct Trainer::State {
    State(const RunPlan& runPlan, Group& ranks, BatchSource source, c10::Device where)
        : plan(runPlan),
          group(ranks),
          batches(std::move(source)),
          device(where),
          tensors(at::TensorOptions().dtype(scalarType(plan.config.train)).device(where)),
          slice(gradientSliceElements(plan.parameters, group.size())),
          parameters(plan.config.model, plan.config.train.seed, slice * group.size(), tensors),
          model(plan.config.model, parameters),
          optimizer(slice, optimizerOptions(plan.config.train), tensors),
          own(group.size() == 1 ? at::Tensor() : at::empty({slice}, tensors)) {}

    at::Tensor ownValues() { return parameters.values().narrow(0, group.rank() * slice, slice); }
    std::int64_t labelledTokensOf(std::int64_t step) const;
    RotaryTable rotaryOf(const TokenShard& shard);
    void prepareAttention(std::int64_t step, std::int64_t microStep, const TokenBatch& batch);
    TokenTensors shardOf(const TokenBatch& batch);
    double accumulateGradients(std::int64_t step, double scale);
    at::Tensor reduceGradients();
    void shareValues();
    StepOutcome outcome(std::int64_t step, const Totals& totals, Nanos ownDuration);

    RunPlan plan;
    Group& group;
    BatchSource batches;
    c10::Device device;
    at::TensorOptions tensors;
    std::int64_t slice;  // scalars of the flat buffers that this rank's optimizer looks after
    Parameters parameters;
    Transformer model;
    AdamW optimizer;
    at::Tensor own;  // (slice) the summed gradient on its way in, the new values on their way out
    std::unique_ptr<Attention> attention;
    RotaryTable rotary;  // the same for every batch without documents
};

std::int64_t Trainer::State::labelledTokensOf(std::int64_t step) const {
    std::int64_t tokens = 0;
    for (std::int64_t micro = 0; micro < plan.config.train.gradAccum; ++micro)
        tokens += labelledTokens(batches(step, micro).labels);
    return tokens;
}

// With ALiBi no head is turned: every token stands at position 0.
RotaryTable Trainer::State::rotaryOf(const TokenShard& shard) {
    const std::vector<std::int64_t> positions =
        plan.config.attention.alibi ? std::vector<std::int64_t>(shard.positions.size(), 0)
                                    : shard.positions;
    return rotaryTable(toTensor(positions, {shard.tokens}, at::kCPU), plan.config.model.headDim(),
                       plan.config.model.ropeTheta, tensors);
}

TokenTensors Trainer::State::shardOf(const TokenBatch& batch) {
    const TokenShard shard = takeShard(batch, plan.schedule, group.rank());
    if (!rotary.cosine.defined() || !batch.documents.empty()) rotary = rotaryOf(shard);
    return {.tokens = toTensor(shard.inputs, {shard.rows, shard.tokens}, device),
            .labels = toTensor(shard.labels, {shard.rows, shard.tokens}, device),
            .rotary = rotary};
}

// Documents are those of the batch, and every micro-step drops other weights.
void Trainer::State::prepareAttention(std::int64_t step, std::int64_t microStep,
                                      const TokenBatch& batch) {
    std::uint64_t seed = static_cast<std::uint64_t>(plan.config.train.seed);
    for (const std::int64_t part : {step, microStep})
        seed = mixBits(seed) + static_cast<std::uint64_t>(part);
    attention->setSeed(seed);
    if (batch.documents.empty()) return;
    AttentionMask mask = plan.schedule.mask;
    mask.documents = batch.documents;
    attention->setBlocks(maskedSteps(plan.schedule, group.rank(), mask), mask);
}

// Answers the rank's part of the step's loss.
double Trainer::State::accumulateGradients(std::int64_t step, double scale) {
    const Attend attend = [this](const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
        return attention->attend(q, k, v);
    };
    parameters.clearGradients();
    double sum = 0;
    for (std::int64_t micro = 0; micro < plan.config.train.gradAccum; ++micro) {
        const PlaceScope place;  // the layers count from 0 again
        const at::Tensor loss = [&] {
            const TokenBatch batch = batches(step, micro);
            prepareAttention(step, micro, batch);
            const ScopedSpan span(tagHere(SpanKind::Compute, Operation::Forward));
            return model.loss(shardOf(batch), attend, scale);
        }();
        sum += loss.item<double>();
        tracePlace().layer = -1;
        const ScopedSpan span(tagHere(SpanKind::Compute, Operation::Backward));
        loss.backward();
    }
    return sum;
}

// The summed gradient of the rank's slice.
at::Tensor Trainer::State::reduceGradients() {
    if (group.size() == 1) return parameters.gradients();
    const PurposeScope purpose(group, Purpose::Gradient);
    group.reduceScatterSum(own, parameters.gradients())->wait();
    return own;
}

void Trainer::State::shareValues() {
    if (group.size() == 1) return;
    const PurposeScope purpose(group, Purpose::Gradient);
    own.copy_(ownValues());
    group.allGather(parameters.values(), own)->wait();
}

StepOutcome Trainer::State::outcome(std::int64_t step, const Totals& totals, Nanos ownDuration) {
    const TrainConfig& train = plan.config.train;
    StepOutcome outcome{.record = {.step = step,
                                   .loss = totals.loss,
                                   .gradNorm = std::sqrt(totals.squaredNorm),
                                   .duration = slowest(group, ownDuration, device),
                                   .tokens = train.seqLen * train.batch * train.gradAccum},
                        .ownDuration = ownDuration};
    outcome.sent = group.sent();
    return outcome;
}

namespace {

std::chrono::nanoseconds delayOf(const DebugConfig& debug, int rank) {
    if (debug.slowRank != rank) return {};
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double, std::milli>(debug.slowMs));
}

}  // namespace

Trainer::Trainer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Trainer::~Trainer() = default;

Result<std::unique_ptr<Trainer>> Trainer::make(const RunPlan& plan, Group& group,
                                               BatchSource batches, c10::Device device) {
    if (plan.config.model.headDim() % 2 != 0)
        return Error{ErrorCode::InvalidConfig,
                     "rotary positions need an even head dimension; model.hidden_size / "
                     "model.heads is " +
                         std::to_string(plan.config.model.headDim())};
    auto state = std::make_unique<State>(plan, group, std::move(batches), device);
    const AttentionConfig& wanted = plan.config.attention;
    const AttentionOptions options{.scale = wanted.scale,
                                   .softcap = wanted.softcap,
                                   .alibi = wanted.alibi,
                                   .dropout = wanted.dropout,
                                   .delay = delayOf(plan.config.debug, group.rank())};
    RINGSCOPE_TRY(state->attention,
                  Attention::make(state->plan.schedule, group.rank(), group, options));
    return std::unique_ptr<Trainer>(new Trainer(std::move(state)));
}

Result<StepOutcome> Trainer::step(std::int64_t index) {
    State& state = *state_;
    const PlaceScope place;
    tracePlace().step = static_cast<std::int32_t>(index);
    const ScopedSpan whole(tagHere(SpanKind::Step, Operation::None));
    const auto start = std::chrono::steady_clock::now();
    state.group.resetSent();
    const std::int64_t tokens = state.labelledTokensOf(index);
    if (tokens == 0)
        return Error{ErrorCode::InvalidConfig,
                     "no token of step " + std::to_string(index) +
                         " has a label; train on text with at least one per step"};

    const double ownLoss = state.accumulateGradients(index, 1.0 / static_cast<double>(tokens));
    tracePlace().pass = SpanPass::Update;
    const at::Tensor gradient = state.reduceGradients();
    const Totals totals = sumOverRanks(state.group, ownLoss, sumOfSquares(gradient), state.device);
    if (!std::isfinite(totals.loss) || !std::isfinite(totals.squaredNorm))
        return Error{ErrorCode::Failed, "step " + std::to_string(index) + " has loss " +
                                            std::to_string(totals.loss) +
                                            " and is no longer training; lower train.lr"};
    at::Tensor values = state.ownValues();
    {
        const ScopedSpan span(tagHere(SpanKind::Compute, Operation::Optimizer));
        state.optimizer.step(
            values, gradient,
            clipFactor(std::sqrt(totals.squaredNorm), state.plan.config.train.gradClip));
    }
    state.shareValues();
    const Nanos duration = std::chrono::steady_clock::now() - start;
    return state.outcome(index, totals, duration);
}

std::vector<double> Trainer::parameterValues() const {
    const at::Tensor values = state_->parameters.values()
                                  .narrow(0, 0, state_->plan.parameters)
                                  .to(at::kCPU, at::kDouble)
                                  .contiguous();
    const double* first = values.const_data_ptr<double>();
    return {first, first + values.numel()};
}

}  // namespace ringscope
