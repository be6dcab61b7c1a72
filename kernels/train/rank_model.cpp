#include "kernels/train/rank_model.h"

#include "backend/core/mix.h"
#include "backend/model/rotary.h"
#include "backend/plan/blocks.h"
#include "kernels/device/number_format.h"
#include "kernels/model/checkpoint_values.h"
#include "kernels/train/expert_balance.h"

#include <ATen/core/grad_mode.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace ringscope {
namespace {

at::Tensor toTensor(const std::vector<std::int64_t>& values, at::IntArrayRef shape,
                    c10::Device device) {
    at::Tensor tensor = at::empty(shape, at::kLong);
    std::ranges::copy(values, tensor.mutable_data_ptr<std::int64_t>());
    return tensor.to(device);
}

std::chrono::nanoseconds delayOf(const DebugConfig& debug, int rank) {
    if (debug.slowRank != rank) return {};
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double, std::milli>(debug.slowMs));
}

// Those of the checkpoint, where there is one.
Result<InitialValues> initialValuesOf(const RunPlan& plan) {
    const ModelConfig& model = plan.config.model;
    std::vector<ParameterSpec> list = parameterList(model, plan.layers);
    if (!model.from) return seededValues(std::move(list), plan.config.train.seed);
    RINGSCOPE_TRY(Checkpoint checkpoint, Checkpoint::open(*model.from));
    if (checkpoint.places().parameters != list)
        return Error{ErrorCode::InvalidConfig,
                     "model.from " + *model.from +
                         " holds another model than the fields of `model` describe; remove the "
                         "fields that differ from its config.json"};
    for (const auto& [name, shape] : checkpoint.places().tensors)
        RINGSCOPE_CHECK(checkpoint.tensor(name));
    return checkpointValues(std::make_shared<const Checkpoint>(std::move(checkpoint)));
}

}  // namespace

RankModel::RankModel(const RunPlan& plan, Group& group, InitialValues initial, std::int64_t padded,
                     c10::Device device)
    : plan_(plan),
      group_(group),
      device_(device),
      tensors_(at::TensorOptions().dtype(scalarTypeOf(plan.config.train.precision)).device(device)),
      parameters_(parameterList(plan.config.model, plan.layers), std::move(initial), padded,
                  tensors_),
      model_(plan.config.model, plan.layers, parameters_) {}

Result<std::unique_ptr<RankModel>> RankModel::make(const RunPlan& plan, Group& group,
                                                   std::int64_t padded, c10::Device device) {
    RINGSCOPE_TRY(InitialValues initial, initialValuesOf(plan));
    std::unique_ptr<RankModel> model(
        new RankModel(plan, group, std::move(initial), padded, device));
    RINGSCOPE_CHECK(model->makeAttention());
    return model;
}

Result<void> RankModel::makeAttention() {
    const AttentionConfig& wanted = plan_.config.attention;
    AttentionOptions options{
        .scale = wanted.scale,
        .softcap = wanted.softcap,
        .alibi = wanted.alibi,
        .dropout = wanted.dropout,
        .delay = delayOf(plan_.config.debug, group_.rank()),
        .bufferLimit = plan_.config.parallel.commBufferLimit.count / std::ssize(plan_.parts)};
    for (const AttentionPart& part : plan_.parts) {
        options.turns = part.headTurns;
        RINGSCOPE_TRY(std::unique_ptr<Attention> attention,
                      Attention::make(part.schedule, group_.rank(), group_, options));
        attention_.push_back(std::move(attention));
    }
    return {};
}

at::Tensor RankModel::loss(const TokenBatch& batch, const BatchPlace& place, double scale,
                           double balanceScale) {
    RouterUse routers{.scored = balanceScale != 0};
    const at::Tensor loss =
        model_.loss(shardOf(batch), attendFor(place, batch), scale, routers);
    if (routers.perExpert.empty()) return loss;
    const at::Tensor use = at::stack(routers.perExpert);
    expertUse_ = expertUse_.defined() ? expertUse_ + use : use;
    if (balanceScale == 0) return loss;
    return loss + balanceLoss(routers, batch.rows * batch.tokens, group_) * balanceScale;
}

at::Tensor RankModel::takeExpertUse() { return std::exchange(expertUse_, at::Tensor()); }

at::Tensor RankModel::hidden(const TokenBatch& batch, const BatchPlace& place) {
    const at::NoGradGuard withoutGraph;
    RouterUse routers;
    return model_.hidden(shardOf(batch), attendFor(place, batch), routers);
}

// Where nothing is rotated, every token has position 0.
RotaryTable RankModel::rotaryOf(const TokenShard& shard) const {
    const ModelConfig& form = plan_.config.model;
    const bool turns = form.position == PositionKind::Rope && !plan_.config.attention.alibi;
    const std::vector<std::int64_t> positions =
        turns ? shard.positions : std::vector<std::int64_t>(shard.positions.size(), 0);
    RotaryAngles angles = rotaryAngles(form, plan_.config.train.seqLen);
    if (!turns) angles = {};
    RotaryTable table = rotaryTable(toTensor(positions, {shard.tokens}, at::kCPU),
                                    angles.perPosition, angles.factor, tensors_);
    table.headDim = form.headDim();
    table.interleaved = form.rope.interleaved;
    return table;
}

// The numbers of this rank's own tokens among all of the batch; not defined where it holds no others.
at::Tensor RankModel::ownRows(std::int64_t rows, std::int64_t tokens) const {
    if (!plan_.schedule().replicated) return {};
    std::vector<std::int64_t> numbers;
    for (std::int64_t row = 0; row < rows; ++row)
        for (const TokenSpan& span : plan_.schedule().owned.spansOf(group_.rank()))
            for (std::int64_t token = span.begin; token < span.end; ++token)
                numbers.push_back(row * tokens + token);
    return toTensor(numbers, {std::ssize(numbers)}, device_);
}

TokenTensors RankModel::shardOf(const TokenBatch& batch) {
    const TokenShard shard = takeShard(batch, plan_.schedule(), group_.rank());
    if (!rotary_.cosine.defined() || !batch.documents.empty()) rotary_ = rotaryOf(shard);
    return {.tokens = toTensor(shard.inputs, {shard.rows, shard.tokens}, device_),
            .labels = toTensor(shard.labels, {shard.rows, shard.tokens}, device_),
            .positions = toTensor(shard.positions, {shard.tokens}, device_),
            .rotary = rotary_,
            .own = ownRows(batch.rows, batch.tokens)};
}

// The call of layers of one part for this batch, but for the layer's number. Documents are the
// batch's, and each batch drops other weights.
AttentionCall RankModel::callFor(const BatchPlace& place, const TokenBatch& batch,
                                 const AttentionPart& part) const {
    AttentionCall call{.seed = static_cast<std::uint64_t>(plan_.config.train.seed),
                       .step = static_cast<int>(place.step)};
    for (const std::int64_t each : {place.step, place.number})
        call.seed = mixBits(call.seed) + static_cast<std::uint64_t>(each);
    if (batch.documents.empty()) return call;
    AttentionMask mask = part.mask;
    mask.documents = batch.documents;
    mask = paddedMask(std::move(mask), batch.tokens, plan_.attention.tokens);
    RankSchedule steps = maskedSteps(part.schedule, group_.rank(), mask);
    call.blocks = std::make_shared<AttentionBlocks>(std::move(steps), std::move(mask));
    return call;
}

// Attention of every layer, for this batch.
Attend RankModel::attendFor(const BatchPlace& place, const TokenBatch& batch) const {
    std::vector<AttentionCall> calls;
    for (const AttentionPart& part : plan_.parts) calls.push_back(callFor(place, batch, part));
    return [this, calls](int layer, const at::Tensor& q, const LayerKeys& keys) {
        const auto part =
            static_cast<std::size_t>(plan_.partOfLayer[static_cast<std::size_t>(layer)]);
        AttentionCall call = calls[part];
        call.layer = layer;
        if (!keys.expand) return attention_[part]->attend(call, q, keys.k, keys.v);
        const auto expand = [each = keys.expand](const at::Tensor& rows, const HeadSpan& heads) {
            return each(rows, heads.begin, heads.end);
        };
        return attention_[part]->attend(call, q,
                                        {keys.latent, expand, plan_.config.model.keyHeads()});
    };
}

}  // namespace ringscope
