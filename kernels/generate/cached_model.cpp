#include "kernels/generate/cached_model.h"

#include "backend/generate/generation_limits.h"
#include "backend/plan/blocks.h"
#include "kernels/attention/local_attention.h"
#include "kernels/block/cpu/row_attention.h"
#include "kernels/block/merge.h"
#include "kernels/block/partial_result.h"
#include "kernels/device/number_format.h"
#include "kernels/generate/layer_rules.h"
#include "kernels/generate/pattern_pieces.h"
#include "kernels/generate/rank_merge.h"
#include "kernels/model/token_numbers.h"
#include "kernels/train/rank_model.h"
#include "profiler/trace_place.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace ringscope {
namespace {

constexpr std::int64_t rowsOfFeedForward = 1024;  // at once, of a prompt
const AttentionMask causal{};                     // of tokens that choose: no window beside it

RunConfig ofLength(RunConfig config, std::int64_t texts, std::int64_t tokens) {
    config.train.batch = texts;
    config.train.seqLen = tokens;
    return config;
}

TokenBatch batchOfTexts(const std::vector<std::vector<std::int64_t>>& texts) {
    TokenBatch batch{.rows = std::ssize(texts), .tokens = std::ssize(texts.front())};
    for (const std::vector<std::int64_t>& text : texts)
        batch.inputs.insert(batch.inputs.end(), text.begin(), text.end());
    batch.labels.assign(batch.inputs.size(), ignoredLabel);
    return batch;
}

// A rank's own tokens without padding, and the rows they have among those it holds.
struct OwnTokens {
    std::vector<std::int64_t> tokens{};
    std::vector<std::int64_t> rows{};
    bool areAll = true;  // of the rows
};

OwnTokens ownTokensOf(const Schedule& schedule, int rank, std::int64_t length) {
    OwnTokens own;
    std::int64_t held = 0;
    for (const TokenSpan& span : schedule.owned.spansOf(rank)) {
        for (std::int64_t token = span.begin; token < span.end; ++token, ++held) {
            if (token >= length) continue;
            own.tokens.push_back(token);
            own.rows.push_back(schedule.replicated ? token : held);
        }
    }
    own.areAll = !schedule.replicated && held == std::ssize(own.tokens);
    return own;
}

LayerKeys rowsOfKeys(const LayerKeys& keys, const at::Tensor& rows) {
    const auto part = [&](const at::Tensor& tensor) {
        return tensor.defined() ? tensor.index_select(1, rows) : tensor;
    };
    return {part(keys.k), part(keys.v), part(keys.latent), keys.expand};
}

}  // namespace

RunConfig generationConfig(RunConfig config) {
    config.attention.dropout = 0;
    config.parallel.dp = 1;
    config.parallel.ep = 1;
    config.memory = {};
    config.memory.tileMlp = rowsOfFeedForward;
    config.debug = {};
    config.train.gradAccum = 1;
    return config;
}

CachedModel::CachedModel(const RunPlan& plan, Group& ranks, const InitialValues& initial,
                         c10::Device device)
    : config_(plan.config),
      layers_(plan.layers),
      partOfLayer_(plan.partOfLayer),
      ranks_(ranks),
      device_(device),
      tensors_(at::TensorOptions().dtype(scalarTypeOf(config_.train.precision)).device(device)),
      parameters_(parameterList(config_.model, layers_), initial, {{0, plan.parameters}}, tensors_,
                  {.values = true, .gradients = false}),
      model_(config_.model, layers_, parameters_) {
    if (config_.model.attention != AttentionKind::Mla) return;
    for (int layer = 0; layer < static_cast<int>(layers_.size()); ++layer)
        latents_.emplace_back(parameters_, layer, config_.model);
}

Result<std::unique_ptr<CachedModel>> CachedModel::make(const RunConfig& config, Group& ranks,
                                                       c10::Device device) {
    RINGSCOPE_TRY(const RunPlan plan, planRun(generationConfig(config)));
    RINGSCOPE_TRY(const InitialValues initial, initialValuesOf(plan));
    return std::unique_ptr<CachedModel>(new CachedModel(plan, ranks, initial, device));
}

Result<at::Tensor> CachedModel::prefill(const std::vector<std::int64_t>& prompt, const Room& room) {
    RINGSCOPE_CHECK(checkGeneration(config_, std::ssize(prompt) + room.more));
    room_ = room;
    promptTokens_ = std::ssize(prompt);
    texts_ = {prompt};
    return read(texts_);
}

Result<at::Tensor> CachedModel::decode(const std::vector<std::int64_t>& tokens) {
    const at::NoGradGuard withoutGraph;
    if (std::ssize(texts_) < room_.texts)
        texts_.resize(static_cast<std::size_t>(room_.texts), texts_.front());
    for (std::size_t text = 0; text < texts_.size(); ++text) texts_[text].push_back(tokens[text]);
    if (mustReadAgain()) return read(texts_);

    const std::int64_t position = length() - 1;
    const bool keeps = (position - promptTokens_) % ranks_.size() == ranks_.rank();
    if (keeps) cache_->begin({position});
    const std::int64_t texts = std::ssize(texts_);
    const at::Tensor ids = integersAs(tokens, {texts, 1}, device_);
    const TokenTensors shard{.tokens = ids,
                             .labels = ids,
                             .positions = integersAs({position}, {1}, device_),
                             .rotary = rotaryTableOf(config_, {position}, length(), tensors_)};
    RouterUse routers;
    const at::Tensor hidden = model_.hidden(
        shard,
        [&](int layer, const at::Tensor& q, const LayerKeys& keys) {
            return attendCached(layer, q, keys, keeps);
        },
        routers);
    return model_.logits(hidden.flatten(0, 1));
}

// Keys that turned with a short text's angles do not fit a long one's.
bool CachedModel::mustReadAgain() const {
    const RopeConfig& rope = config_.model.rope;
    return config_.model.position == PositionKind::Rope && rope.scaling == RopeScaling::LongRope &&
           readTokens_ <= rope.originalLength && length() > rope.originalLength;
}

Result<at::Tensor> CachedModel::read(const Texts& texts) {
    const at::NoGradGuard withoutGraph;
    RINGSCOPE_TRY(const RunPlan plan,
                  planRun(ofLength(config_, std::ssize(texts), std::ssize(texts.front()))));
    RINGSCOPE_TRY(const auto attention, attentionOf(plan));
    pattern_ = plan.attention.pattern;
    RINGSCOPE_TRY(cache_, makeCache(plan));
    makeSums();
    readTokens_ = std::ssize(texts.front());
    return model_.logits(lastRows(plan, hiddenOf(plan, texts, attention)));
}

Result<std::unique_ptr<KeyCache>> CachedModel::makeCache(const RunPlan& plan) const {
    const ModelConfig& form = config_.model;
    const bool latent = form.attention == AttentionKind::Mla;
    const std::int64_t ranks = ranks_.size();
    const std::int64_t later = promptTokens_ + room_.more - plan.config.train.seqLen;
    CacheShape shape{
        .rows = room_.texts,
        .heads = form.kvHeads,
        .columns = latent ? form.latent.size + form.latent.rotarySize : form.headDim(),
        .latent = latent,
        .tokens =
            std::ssize(ownTokensOf(plan.schedule(), ranks_.rank(), plan.config.train.seqLen).rows) +
            (later + ranks - 1) / ranks,
        .kindOfLayer = partOfLayer_};
    for (const AttentionPart& part : plan.parts) shape.masks.push_back(part.mask);
    return std::make_unique<KeyCache>(shape, tensors_);
}

void CachedModel::makeSums() {
    sums_.reset();
    if (!choosesKeys(pattern_.get())) return;
    const std::int64_t size = pattern_->config().block;
    blocksOfText_ = (promptTokens_ + room_.more + size - 1) / size;
    sums_.emplace(std::vector(layers_.size(), room_.texts * blocksOfText_),
                  config_.model.keyHeads(), config_.model.headDim(), tensors_);
}

Result<std::vector<std::unique_ptr<Attention>>> CachedModel::attentionOf(
    const RunPlan& plan) const {
    AttentionOptions options{
        .scale = config_.attention.scale,
        .softcap = config_.attention.softcap,
        .alibi = config_.usesAlibi(),
        .bufferLimit = config_.parallel.commBufferLimit.count / std::ssize(plan.parts)};
    std::vector<std::unique_ptr<Attention>> attention;
    for (const AttentionPart& part : plan.parts) {
        options.turns = part.headTurns;
        RINGSCOPE_TRY(std::unique_ptr<Attention> made,
                      Attention::make(part.schedule, ranks_.rank(), ranks_, options));
        attention.push_back(std::move(made));
    }
    return attention;
}

// What the last layer gives for the tokens this rank holds, whose keys are kept on the way.
at::Tensor CachedModel::hiddenOf(const RunPlan& plan, const Texts& texts,
                                 const std::vector<std::unique_ptr<Attention>>& attention) {
    const TokenShard shard = takeShard(batchOfTexts(texts), plan.schedule(), ranks_.rank());
    const OwnTokens own = ownTokensOf(plan.schedule(), ranks_.rank(), plan.config.train.seqLen);
    cache_->begin(own.tokens);
    const at::Tensor rows = integersAs(own.rows, {std::ssize(own.rows)}, device_);
    const at::Tensor ids = integersAs(shard.inputs, {shard.rows, shard.tokens}, device_);
    const TokenTensors tensors{
        .tokens = ids,
        .labels = ids,
        .positions = integersAs(shard.positions, {shard.tokens}, device_),
        .rotary = rotaryTableOf(config_, shard.positions, plan.config.train.seqLen, tensors_)};
    RouterUse routers;
    return model_.hidden(
        tensors,
        [&](int layer, const at::Tensor& q, const LayerKeys& keys) {
            const LayerKeys kept = own.areAll ? keys : rowsOfKeys(keys, rows);
            keep(layer, kept);
            if (sums_) sumOverRanks(layer, kept, own.tokens);
            const Attention& by =
                *attention[static_cast<std::size_t>(partOfLayer_[static_cast<std::size_t>(layer)])];
            if (!keys.expand) return by.attend(callOf(layer), q, keys.k, keys.v);
            const auto expand = [each = keys.expand](const at::Tensor& some,
                                                     const HeadSpan& heads) {
                return each(some, heads.begin, heads.end);
            };
            return by.attend(callOf(layer), q, {keys.latent, expand, config_.model.keyHeads()});
        },
        routers);
}

// Of the last token of each text, from the rank that owns it: (texts, hidden), on all ranks.
at::Tensor CachedModel::lastRows(const RunPlan& plan, const at::Tensor& hidden) const {
    const OwnTokens own = ownTokensOf(plan.schedule(), ranks_.rank(), plan.config.train.seqLen);
    at::Tensor last = at::zeros({hidden.size(0), hidden.size(2)}, hidden.options());
    if (!own.tokens.empty() && own.tokens.back() == plan.config.train.seqLen - 1)
        last.copy_(hidden.select(1, own.rows.back()));
    if (ranks_.size() > 1) ranks_.allReduceSum(last);
    return last;
}

void CachedModel::keep(int layer, const LayerKeys& keys) {
    if (latents_.empty())
        cache_->add(layer, keys);
    else
        cache_->add(layer, {.latent = latents_[static_cast<std::size_t>(layer)].kept(keys.latent)});
}

// Keys of one row are those of all rows.
void CachedModel::addToSums(int layer, const LayerKeys& keys,
                            const std::vector<std::int64_t>& tokens) {
    const std::int64_t texts = room_.texts;
    const at::Tensor k = headKeysOf(keys, config_.model.keyHeads());
    std::vector<std::int64_t> places;
    for (std::int64_t text = 0; text < texts; ++text)
        for (const std::int64_t token : tokens)
            places.push_back(text * blocksOfText_ + token / pattern_->config().block);
    sums_->add(layer, integersAs(places, {std::ssize(places)}, device_),
               k.expand({texts, k.size(1), k.size(2), k.size(3)}).flatten(0, 1));
}

// Of the tokens that ranks read, each its own.
void CachedModel::sumOverRanks(int layer, const LayerKeys& keys,
                               const std::vector<std::int64_t>& tokens) {
    if (!tokens.empty()) addToSums(layer, keys, tokens);
    const PurposeScope purpose(ranks_, Purpose::Attention);
    at::Tensor sums = sums_->of(layer);
    if (ranks_.size() > 1) ranks_.allReduceSum(sums);
}

// Of the token at the end of the text, whose key every rank has.
KeyChoice CachedModel::choose(int layer, const at::Tensor& q, const LayerKeys& keys) {
    if (!sums_) return {};
    const std::int64_t position = length() - 1;
    addToSums(layer, keys, {position});
    const ChoiceRule rule{*pattern_, causal, length()};
    const at::Tensor sums =
        sums_->of(layer).unflatten(0, {room_.texts, blocksOfText_}).narrow(1, 0, rule.blocks());
    return KeyChoice::among(rule, {{position, position + 1}}, {0, 1}, q, sums.unsqueeze(0));
}

at::Tensor CachedModel::attendCached(int layer, const at::Tensor& q, const LayerKeys& keys,
                                     bool keeps) {
    const PurposeScope purpose(ranks_, Purpose::Attention);
    if (keeps) keep(layer, keys);
    BlockOutput whole = attendHeld(layer, q, choose(layer, q, keys));
    if (ranks_.size() > 1) whole = mergedOverRanks(whole, ranks_);
    applySinks(callOf(layer).sinks, 0, whole);
    return whole.out.to(q.scalar_type());
}

// Over the keys that this rank holds, for the token at the end of the text.
BlockOutput CachedModel::attendHeld(int layer, const at::Tensor& q, const KeyChoice& choice) const {
    if (latents_.empty()) return attendRuns(layer, q, nullptr, choice);
    const LatentRows& rows = latents_[static_cast<std::size_t>(layer)];
    // Kernels of a GPU take heads of so many columns.
    if (!q.is_cpu()) return attendRuns(layer, q, &rows, choice);
    BlockOutput sums = attendRuns(layer, rows.queries(q), nullptr, choice);
    sums.out = rows.outputs(sums.out.to(q.scalar_type())).to(sums.out.scalar_type());
    return sums;
}

// `expand`: makes heads of latents; null: latents are the keys, and the values.
BlockOutput CachedModel::attendRuns(int layer, const at::Tensor& q, const LatentRows* expand,
                                    const KeyChoice& choice) const {
    const std::int64_t position = length() - 1;
    const ScoreRules rules = scoreRulesOf(config_);
    const std::vector<SlotRun> runs =
        cache_->seen(layer, position, config_.usesAlibi() || pattern_ != nullptr);
    if (q.is_cpu()) return attendRows(layer, q, runs, rules, choice);
    const std::vector<std::int64_t> heads = keyHeadsOf(pattern_.get());
    const std::vector<std::int64_t> none;
    RowOutputs output(q, q.size(2) / config_.model.keyHeads(), none);
    for (const SlotRun& run : runs) {
        LayerKeys held = cache_->in(layer, run.slots);
        if (expand != nullptr) std::tie(held.k, held.v) = expand->heads(held.latent);
        const PatternCut meeting{{0, 1, {position, 1}}, {0, run.slots.size(), run.tokens}, heads};
        addBlocks(blocksBetween(meeting, {}, pattern_.get()), {q, held.k, held.v}, rules, {0, 1},
                  choice, output);
    }
    return output.takeSum();
}

// Of texts that are all at the same token, without a copy of their keys.
BlockOutput CachedModel::attendRows(int layer, const at::Tensor& q,
                                    const std::vector<SlotRun>& runs, const ScoreRules& rules,
                                    const KeyChoice& choice) const {
    std::vector<RowQuery> queries(static_cast<std::size_t>(q.size(0)));
    for (std::size_t text = 0; text < queries.size(); ++text) {
        const auto first = static_cast<std::int64_t>(text) * cache_->slotsOfRow(layer);
        RowQuery& query = queries[text];
        query.token = length() - 1;
        for (const SlotRun& run : runs) {
            const RowRun keys{first + run.slots.begin, run.slots.size(), run.tokens};
            appendSeen(pattern_.get(), query.token, keys, query.pieces);
            if (!choice.chosen().defined()) continue;
            forChosenBlocks(
                *pattern_, choice.chosen()[static_cast<std::int64_t>(text)][0],
                [&](const TokenSpan& tokens, const TokenSpan& head) {
                    const RowRun some = within(keys, tokens);
                    if (some.count > 0)
                        query.pieces.push_back({some.row, some.count, some.tokens, 1, head});
                });
        }
    }
    const LayerKeys held = cache_->flat(layer);
    const BlockOutput rows =
        rowAttention(q.squeeze(1).contiguous(), held.k, held.v, queries, rules);
    return {rows.out.unsqueeze(1), rows.lse.unsqueeze(1)};
}

std::int64_t CachedModel::cacheBytes() const {
    return (cache_ ? cache_->bytes() : 0) + (sums_ ? sums_->bytes() : 0);
}

AttentionCall CachedModel::callOf(int layer) const {
    return {.layer = layer, .sinks = sinksOf(parameters_, layer)};
}

}  // namespace ringscope
