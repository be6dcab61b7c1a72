#include "kernels/train/rank_model.h"

#include "backend/core/mix.h"
#include "backend/model/adapter_merge.h"
#include "backend/plan/adapter_plan.h"
#include "backend/plan/batch_schedule.h"
#include "backend/plan/blocks.h"
#include "backend/plan/memory_zero.h"
#include "kernels/device/number_format.h"
#include "kernels/model/adapter_values.h"
#include "kernels/model/checkpoint_values.h"
#include "kernels/model/token_numbers.h"
#include "kernels/train/adapter_model.h"
#include "kernels/train/expert_balance.h"
#include "kernels/train/offload_folder.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace ringscope {
namespace {

// More than any mode pads a sequence to: a token has the same number under all.
constexpr std::int64_t longestSequence = std::int64_t{1} << 40;

std::chrono::nanoseconds delayOf(const DebugConfig& debug, int rank) {
    if (debug.slowRank != rank) return {};
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double, std::milli>(debug.slowMs));
}

std::string attentionName(int layer) { return "layers." + std::to_string(layer) + ".attention."; }

SparseWeight sparseWeight(const Parameters& parameters, const std::string& name) {
    const Weight& weight = parameters.weight(name);
    return {weight.value.detach(), weight.gradient};
}

Compression compressionOf(const Parameters& parameters, const std::string& part) {
    return {sparseWeight(parameters, part + ".position"),
            sparseWeight(parameters, part + ".up.weight"),
            sparseWeight(parameters, part + ".down.weight")};
}

Group* sharingGroup(const RunPlan& plan, Group& ranks) {
    if (plan.expertRanks == 1) return nullptr;
    return &ranks.within(ranksOf(expertRanksOf(plan, ranks.rank())));
}

// Those of the rank's share, made of those of all parameters; 0 in the padding.
InitialValues valuesOfShare(const ParameterShare& share, const std::vector<ParameterSpec>& list,
                            int place, const InitialValues& all) {
    return [=](std::int64_t begin, std::int64_t count, const at::TensorOptions& options) {
        at::Tensor values = at::zeros({count}, options);
        forEachPart(share, list, place, {begin, count},
                    [&](std::int64_t own, std::int64_t among, std::int64_t scalars) {
                        values.narrow(0, own - begin, scalars).copy_(all(among, scalars, options));
                    });
        return values;
    };
}

// Buffers of their own for parts that come and go.
std::vector<BufferPart> buffersOf(const ParameterShare& share, const RunPlan& plan) {
    if (!dividesGradients(plan) && !valuesComeAndGo(plan) && !hasAdapter(plan.config))
        return {{0, share.elements()}};
    std::vector<BufferPart> spans;
    for (const SharePart& part : share.parts) spans.push_back(part.span);
    return spans;
}

std::vector<bool> frozenParts(const ParameterShare& share, const RunPlan& plan) {
    std::vector<bool> frozen;
    if (hasAdapter(plan.config))
        for (const SharePart& part : share.parts) frozen.push_back(part.frozen);
    return frozen;
}

at::TensorOptions optionsOf(const RunPlan& plan, c10::Device device) {
    return at::TensorOptions().dtype(scalarTypeOf(plan.config.train.precision)).device(device);
}

// The model's values with the adapter in them, whose folder stands for both.
Result<InitialValues> withAdapter(const RunPlan& plan, const std::vector<ParameterSpec>& list,
                                  InitialValues values) {
    const std::string& folder = *plan.config.model.from;
    if (hasAdapter(plan.config) || !isAdapterFolder(folder)) return values;
    RINGSCOPE_TRY(const AdapterFolder adapter, AdapterFolder::open(folder));
    RINGSCOPE_TRY(const std::vector<LinearLayer> all,
                  linearLayers(plan.config.model, plan.config.attention));
    RINGSCOPE_TRY(const std::vector<LinearLayer> layers, layersOf(adapter, all));
    return mergedValues(std::move(values), list, layers, adapter);
}

}  // namespace

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
    return withAdapter(plan, list,
                       checkpointValues(std::make_shared<const Checkpoint>(std::move(checkpoint))));
}

RankModel::RankModel(const RunPlan& plan, Group& ranks, Beginning beginning, c10::Device device)
    : plan_(plan),
      ranks_(ranks),
      group_(ranks.within(ranksOf(replicaOf(plan, ranks.rank())))),
      sharing_(sharingGroup(plan, ranks)),
      allParameters_(heldParameters(plan)),
      share_(parameterShareOf(plan)),
      device_(device),
      tensors_(optionsOf(plan, device)),
      parameters_(share_.list,
                  share_.list == allParameters_
                      ? beginning.held
                      : valuesOfShare(share_, allParameters_,
                                      sharing_ == nullptr ? 0 : sharing_->rank(), beginning.held),
                  buffersOf(share_, plan), tensors_,
                  {.values = !valuesComeAndGo(plan),
                   .gradients = !dividesGradients(plan),
                   .frozen = frozenParts(share_, plan)}),
      model_(plan.config.model, plan.layers, parameters_, sharing_, plan.config.memory,
             {plan.config.train.labelSmoothing, plan.config.train.zLoss},
             {.beside = lowRanks(plan, parameters_), .packed = std::move(beginning.packed)}) {}

Result<void> RankModel::makeValueFile() {
    const MemoryConfig& memory = plan_.config.memory;
    if (memory.offloadParameters == OffloadPlace::None) return {};
    std::vector<std::int64_t> records;
    for (const SharePart& part : share_.parts)
        records.push_back(partOwner(plan_, part, ranks_.rank()).owned.count *
                          static_cast<std::int64_t>(tensors_.dtype().itemsize()));
    RINGSCOPE_TRY(valueFile_, RecordFile::make(offloadFolderOf(memory),
                                               {"memory.offload_parameters disk", "parameters"},
                                               records, MemoryCategory::Parameters));
    return {};
}

void RankModel::makeParts() {
    std::vector<std::vector<SharedPart*>> units;
    for (const SharePart& part : share_.parts) {
        Group& group =
            part.experts ? ranks_.within(ranksOf(sameExpertsOf(plan_, ranks_.rank()))) : ranks_;
        parts_.push_back(std::make_unique<SharedPart>(
            parameters_, part.span, group, plan_.config.memory.zero,
            ValueRecord{.file = valueFile_.get(), .index = parts_.size()}));
        if (part.unit < 0) continue;
        units.resize(static_cast<std::size_t>(part.unit) + 1);
        units.back().push_back(parts_.back().get());
    }
    endUpdate();
    if (!units.empty()) units_.emplace(std::move(units));
}

Result<RankModel::Beginning> RankModel::beginningOf(const RunPlan& plan, int rank,
                                                    c10::Device device) {
    RINGSCOPE_TRY(const InitialValues model, initialValuesOf(plan));
    RINGSCOPE_TRY(InitialValues held, heldValues(plan, model));
    return Beginning{std::move(held), packedWeights(plan, rank, model, optionsOf(plan, device))};
}

Result<std::unique_ptr<RankModel>> RankModel::make(const RunPlan& plan, Group& ranks,
                                                   c10::Device device) {
    RINGSCOPE_TRY(Beginning beginning, beginningOf(plan, ranks.rank(), device));
    std::unique_ptr<RankModel> model(new RankModel(plan, ranks, std::move(beginning), device));
    RINGSCOPE_CHECK(model->makeValueFile());
    model->makeParts();
    RINGSCOPE_CHECK(model->makeAttention());
    RINGSCOPE_CHECK(model->makeStore());
    return model;
}

Result<void> RankModel::makeAttention() {
    const AttentionConfig& wanted = plan_.config.attention;
    AttentionOptions options{
        .scale = wanted.scale,
        .softcap = wanted.softcap,
        .alibi = plan_.config.usesAlibi(),
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

Result<void> RankModel::makeStore() {
    const MemoryConfig& memory = plan_.config.memory;
    if (memory.offloadActivations != OffloadPlace::Disk) return {};
    RINGSCOPE_TRY(activations_,
                  ActivationFiles::make(offloadFolderOf(memory), layerInputBytes(plan_),
                                        keptLayerInputs(plan_)));
    return {};
}

at::Tensor RankModel::loss(const TokenBatch& batch, const BatchPlace& place, double scale,
                           double balanceScale) {
    RouterUse routers{.scored = balanceScale != 0};
    TokenTensors shard = shardOf(batch);
    shard.dropout = adapterDropout(batch, place);
    const at::Tensor loss = model_.loss(shard, attendFor(place, batch), scale, routers,
                                        {units_ ? &*units_ : nullptr, activations_.get()});
    if (routers.perExpert.empty()) return loss;
    const at::Tensor use = at::stack(routers.perExpert);
    expertUse_ = expertUse_.defined() ? expertUse_ + use : use;
    if (balanceScale == 0) return loss;
    return loss + balanceLoss(routers, batch.rows * batch.tokens, group_) * balanceScale;
}

at::Tensor RankModel::placed(const at::Tensor& buffer, std::int64_t begin,
                             std::int64_t count) const {
    at::Tensor whole = at::zeros({count}, buffer.options());
    const int place = sharing_ == nullptr ? 0 : sharing_->rank();
    forEachPart(share_, allParameters_, place, {0, share_.elements()},
                [&](std::int64_t own, std::int64_t among, std::int64_t scalars) {
                    const std::int64_t first = std::max(begin, among);
                    const std::int64_t end = std::min(begin + count, among + scalars);
                    if (first >= end) return;
                    whole.narrow(0, first - begin, end - first)
                        .copy_(buffer.narrow(0, own + first - among, end - first));
                });
    return whole;
}

void RankModel::forEachOwned(BufferPart part,
                             const std::function<void(const std::string&, std::int64_t,
                                                      std::int64_t, std::int64_t)>& body) const {
    const int place = sharing_ == nullptr ? 0 : sharing_->rank();
    forEachPart(share_, allParameters_, place, part,
                [&](std::int64_t own, std::int64_t among, std::int64_t scalars) {
                    const auto after =
                        std::ranges::upper_bound(allParameters_, among, {}, &ParameterSpec::offset);
                    const ParameterSpec& spec = *std::prev(after);
                    body(spec.name, own, among - spec.offset, scalars);
                });
}

void RankModel::endBackward() {
    if (units_) units_->finish();
}

void RankModel::endUpdate() {
    if (valueFile_) valueFile_->settle();
}

at::Tensor RankModel::wholeValues(std::int64_t first) {
    const ParameterSpec& last = allParameters_.back();
    const std::int64_t all = last.offset + last.elements() - first;
    at::Tensor whole = at::zeros({all}, tensors_.device(at::kCPU));
    const int place = sharing_ == nullptr ? 0 : sharing_->rank();
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        const SharePart& part = share_.parts[i];
        if (first > 0 && part.frozen) continue;
        parts_[i]->useValues();
        // Of those that hold a part alike, the first one adds it to what ranks add up below.
        const bool adds = part.experts ? ranks_.rank() < plan_.expertRanks : ranks_.rank() == 0;
        if (sharing_ == nullptr || adds)
            forEachPart(share_, allParameters_, place, part.span,
                        [&](std::int64_t own, std::int64_t among, std::int64_t scalars) {
                            if (among < first) return;
                            whole.narrow(0, among - first, scalars)
                                .copy_(parameters_.values(part.span).narrow(
                                    0, own - part.span.begin, scalars));
                        });
        parts_[i]->dropValues();
    }
    if (sharing_ == nullptr) return whole;
    constexpr std::int64_t atOnce = 1 << 22;  // scalars that ranks exchange
    for (std::int64_t begin = 0; begin < all; begin += atOnce) {
        const std::int64_t count = std::min(atOnce, all - begin);
        at::Tensor sum = whole.narrow(0, begin, count).to(device_);
        ranks_.allReduceSum(sum);
        whole.narrow(0, begin, count).copy_(sum);
    }
    return whole;
}

at::Tensor RankModel::takeExpertUse() { return std::exchange(expertUse_, at::Tensor()); }

double RankModel::likelihoods(const TokenBatch& batch, const BatchPlace& place,
                              const SeeGuess& see) {
    const at::NoGradGuard withoutGraph;
    RouterUse routers;
    const TokenTensors shard = shardOf(batch);
    at::Tensor likeliest;
    const double sum =
        model_.likelihoods(shard, attendFor(place, batch, /*drops=*/false), routers,
                           {units_ ? &*units_ : nullptr, nullptr}, see ? &likeliest : nullptr);
    if (see) tellGuesses(batch, shard, likeliest, see);
    return sum;
}

void RankModel::tellGuesses(const TokenBatch& batch, const TokenTensors& shard,
                            const at::Tensor& likeliest, const SeeGuess& see) const {
    const at::Tensor labels = shard.labels.flatten().cpu();
    const at::Tensor guesses = likeliest.cpu();
    const std::int64_t* label = labels.const_data_ptr<std::int64_t>();
    const std::int64_t* guess = guesses.const_data_ptr<std::int64_t>();
    const std::vector<TokenSpan> held = heldOf(batch);
    for (std::int64_t row = 0; row < batch.rows; ++row)
        for (const TokenSpan& span : held)
            for (std::int64_t token = span.begin; token < span.end; ++token, ++label, ++guess)
                if (*label != ignoredLabel) see({row, token, *label == *guess});
}

at::Tensor RankModel::hidden(const TokenBatch& batch, const BatchPlace& place) {
    const at::NoGradGuard withoutGraph;
    RouterUse routers;
    return model_.hidden(shardOf(batch), attendFor(place, batch), routers);
}

// The numbers of this rank's own tokens among those it holds, without padding; not defined where it
// holds no others.
at::Tensor RankModel::ownRows(const TokenShard& shard) const {
    const bool replicated = plan_.schedule().replicated;
    if (!replicated && shard.padding == 0) return {};
    const std::int64_t held = shard.tokens - shard.padding;
    std::vector<TokenSpan> own{{0, held}};
    if (replicated) own = plan_.schedule().owned.spansOf(group_.rank());
    std::vector<std::int64_t> numbers;
    for (std::int64_t row = 0; row < shard.rows; ++row)
        for (const TokenSpan& span : own)
            for (std::int64_t token = span.begin; token < std::min(span.end, held); ++token)
                numbers.push_back(row * shard.tokens + token);
    return integersAs(numbers, {std::ssize(numbers)}, device_);
}

TokenTensors RankModel::shardOf(const TokenBatch& batch) {
    const TokenShard shard = takeShard(
        batch, scheduleOfBatch(plan_, plan_.parts.front(), batch.documents), group_.rank());
    if (!rotary_.cosine.defined() || !batch.documents.empty())
        rotary_ = rotaryTableOf(plan_.config, shard.positions, plan_.config.train.seqLen, tensors_);
    return {.tokens = integersAs(shard.inputs, {shard.rows, shard.tokens}, device_),
            .labels = integersAs(shard.labels, {shard.rows, shard.tokens}, device_),
            .positions = integersAs(shard.positions, {shard.tokens}, device_),
            .rotary = rotary_,
            .own = ownRows(shard)};
}

// The tokens of each of the batch's rows that this rank holds.
std::vector<TokenSpan> RankModel::heldOf(const TokenBatch& batch) const {
    return heldTokens(scheduleOfBatch(plan_, plan_.parts.front(), batch.documents), group_.rank());
}

// The same numbers for a token of the batch on every rank; nothing is dropped without adapters.
RowDropout RankModel::adapterDropout(const TokenBatch& batch, const BatchPlace& place) const {
    const AdapterConfig& adapter = plan_.config.adapter;
    if (!hasAdapter(plan_.config) || adapter.dropout == 0) return {};
    RowDropout dropout{.share = adapter.dropout,
                       .seed = static_cast<std::uint64_t>(plan_.config.train.seed)};
    for (const std::int64_t each : {place.step, place.number})
        dropout.seed = mixBits(dropout.seed) + static_cast<std::uint64_t>(each);
    const std::vector<TokenSpan> held = heldOf(batch);
    std::vector<std::int64_t> rows;
    for (std::int64_t row = 0; row < batch.rows; ++row)
        for (const TokenSpan& span : held)
            for (std::int64_t token = span.begin; token < span.end; ++token)
                rows.push_back(row * longestSequence + token);
    dropout.rows = integersAs(rows, {std::ssize(rows)}, at::kCPU);
    return dropout;
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
    const Schedule schedule = scheduleOfBatch(plan_, part, batch.documents);
    AttentionMask mask = maskOfBatch(plan_, part, batch.documents);
    RankSchedule steps = maskedSteps(schedule, group_.rank(), mask);
    call.blocks =
        std::make_shared<AttentionBlocks>(std::move(steps), std::move(mask), schedule.owned);
    return call;
}

// Attention of every layer, for this batch.
Attend RankModel::attendFor(const BatchPlace& place, const TokenBatch& batch, bool drops) const {
    std::vector<AttentionCall> calls;
    for (const AttentionPart& part : plan_.parts) {
        calls.push_back(callFor(place, batch, part));
        calls.back().drops = drops;
    }
    return [this, calls](int layer, const at::Tensor& q, const LayerKeys& keys) {
        const auto part =
            static_cast<std::size_t>(plan_.partOfLayer[static_cast<std::size_t>(layer)]);
        AttentionCall call = calls[part];
        call.layer = layer;
        const std::string name = attentionName(layer);
        if (const Weight sinks = parameters_.weightIfAny(name + "sinks"); sinks.defined())
            call.sinks = {sinks.value.detach(), sinks.gradient};
        if (keys.gates.defined()) {
            call.sparse = SparseParts{plan_.config.model.nsa,
                                      compressionOf(parameters_, name + "compress_key"),
                                      compressionOf(parameters_, name + "compress_value")};
            return attention_[part]->attend(call, q, keys.k, keys.v, keys.gates);
        }
        if (!keys.expand) return attention_[part]->attend(call, q, keys.k, keys.v);
        const auto expand = [each = keys.expand](const at::Tensor& rows, const HeadSpan& heads) {
            return each(rows, heads.begin, heads.end);
        };
        return attention_[part]->attend(call, q,
                                        {keys.latent, expand, plan_.config.model.keyHeads()});
    };
}

}  // namespace ringscope
