#include "kernels/generate/batch_model.h"

#include "backend/config/mode_names.h"
#include "backend/generate/generation_limits.h"
#include "backend/plan/blocks.h"
#include "kernels/attention/local_attention.h"
#include "kernels/device/number_format.h"
#include "kernels/generate/cached_model.h"
#include "kernels/generate/layer_rules.h"
#include "kernels/generate/pattern_pieces.h"
#include "kernels/generate/rank_merge.h"
#include "kernels/model/token_numbers.h"
#include "kernels/train/rank_model.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>
#include <string>
#include <tuple>
#include <utility>

namespace ringscope {
namespace {

at::Tensor indices(const std::vector<std::int64_t>& values, c10::Device device) {
    return integersAs(values, {std::ssize(values)}, device);
}

void appendSlots(const std::vector<SlotStretch>& stretches, std::vector<std::int64_t>& slots) {
    for (const SlotStretch& stretch : stretches)
        for (std::int64_t i = 0; i < stretch.count; ++i) slots.push_back(stretch.slot + i);
}

bool anglesDependOnLength(const ModelConfig& model) {
    return model.rope.scaling == RopeScaling::Dynamic ||
           model.rope.scaling == RopeScaling::LongRope;
}

}  // namespace

BatchModel::BatchModel(const RunPlan& plan, const InitialValues& initial, c10::Device device,
                       const BatchLimits& limits, Group* ranks)
    : config_(plan.config),
      layers_(plan.layers),
      partOfLayer_(plan.partOfLayer),
      device_(device),
      tensors_(at::TensorOptions().dtype(scalarTypeOf(config_.train.precision)).device(device)),
      limits_(limits),
      ranks_(ranks),
      parameters_(parameterList(config_.model, layers_), initial, {{0, plan.parameters}}, tensors_,
                  {.values = true, .gradients = false}),
      model_(config_.model, layers_, parameters_),
      pattern_(plan.attention.pattern) {
    if (isShared()) deal_ = {ranks_->rank(), ranks_->size()};
    for (const AttentionPart& part : plan.parts) pools_.push_back({.mask = part.mask});
    pages_.resize(static_cast<std::size_t>(limits.texts));
    beginnings_.resize(pages_.size());
    namesPages_ = pools_.size() == 1 && !pools_.front().mask.left &&
                  !anglesDependOnLength(config_.model) && !choosesKeys(pattern_.get());
    if (config_.model.attention != AttentionKind::Mla) return;
    for (int layer = 0; layer < static_cast<int>(layers_.size()); ++layer)
        latents_.emplace_back(parameters_, layer, config_.model);
}

Result<std::unique_ptr<BatchModel>> BatchModel::make(const RunConfig& config, c10::Device device,
                                                     const BatchLimits& limits, Group* ranks) {
    RunConfig whole = generationConfig(config);
    whole.parallel = {};
    whole.parallel.mode = modenames::none;
    whole.parallel.sp = 1;
    RINGSCOPE_TRY(const RunPlan plan, planRun(whole));
    RINGSCOPE_CHECK(checkGeneration(plan.config, 1));
    RINGSCOPE_TRY(const InitialValues initial, initialValuesOf(plan));
    std::unique_ptr<BatchModel> model(new BatchModel(plan, initial, device, limits, ranks));
    RINGSCOPE_CHECK(model->makeCache());
    return model;
}

std::int64_t BatchModel::bytesOfPage(std::size_t pool) const {
    const ModelConfig& form = config_.model;
    const std::int64_t ofToken = latents_.empty() ? 2 * form.kvHeads * form.headDim()
                                                  : form.latent.size + form.latent.rotarySize;
    const auto layers = std::ranges::count(partOfLayer_, static_cast<int>(pool));
    const std::int64_t ofKeys =
        tokensOfPage * ofToken * static_cast<std::int64_t>(tensors_.dtype().itemsize());
    const std::int64_t ofSums =
        sumsOfPage() * form.keyHeads() * form.headDim() * static_cast<std::int64_t>(sizeof(double));
    return layers * (ofKeys + ofSums);
}

// As many as it has tokens of blocks at most, where tokens choose.
std::int64_t BatchModel::sumsOfPage() const {
    if (!choosesKeys(pattern_.get())) return 0;
    const std::int64_t size = pattern_->config().block;
    return (tokensOfAllPages() + size - 1) / size;
}

std::int64_t BatchModel::pagesOf(const Pool& pool, std::int64_t tokens) const {
    const std::int64_t all = pagesFor(deal_.most(tokens));
    return pool.pagesOfText > 0 ? std::min(all, pool.pagesOfText) : all;
}

// Layers with a window get what all texts at once need of it; the rest of the memory is for tokens
// of those without.
Result<void> BatchModel::makeCache() {
    const ModelConfig& form = config_.model;
    std::int64_t longest =
        limits_.longest > 0 ? limits_.longest : std::numeric_limits<std::int64_t>::max() / 4;
    if (form.position == PositionKind::Learned) longest = std::min(longest, form.positions);
    std::int64_t left = limits_.cache.count;
    std::int64_t bytesOfWhole = 0;  // a page in every pool without a window
    for (std::size_t i = 0; i < pools_.size(); ++i) {
        Pool& pool = pools_[i];
        if (!pool.mask.left) {
            bytesOfWhole += bytesOfPage(i);
            continue;
        }
        pool.pagesOfText =
            std::min(pagesFor(deal_.most(*pool.mask.left + limits_.tokensOfPart)) + 1,
                     pagesFor(deal_.most(longest)));
        pool.pages = PagePool(pool.pagesOfText * limits_.texts);
        left -= pool.pages.pages() * bytesOfPage(i);
    }
    const std::int64_t most = std::min(longest, std::int64_t{1} << 40);
    const std::int64_t wanted =
        bytesOfWhole > 0 ? std::min(left / bytesOfWhole, pagesFor(deal_.most(most)) * limits_.texts)
                         : 0;
    if (left < 0 || (bytesOfWhole > 0 && wanted < 1)) {
        const std::int64_t least = limits_.cache.count - left + bytesOfWhole;
        return Error{ErrorCode::InvalidConfig,
                     "a cache of " + formatBytes(limits_.cache) + " is too small for " +
                         std::to_string(limits_.texts) + " texts of this model, which need " +
                         formatBytes({least}) + " at least; give more, or fewer texts at once"};
    }
    for (Pool& pool : pools_)
        if (!pool.mask.left) pool.pages = PagePool(wanted);
    longest_ = bytesOfWhole > 0 ? std::min(longest, wanted * tokensOfPage * deal_.ranks) : longest;
    for (const int part : partOfLayer_) {
        const std::int64_t slots =
            pools_[static_cast<std::size_t>(part)].pages.pages() * tokensOfPage;
        if (!latents_.empty()) {
            caches_.push_back(
                {at::empty({slots, 1, form.latent.size + form.latent.rotarySize}, tensors_), {}});
            continue;
        }
        const std::vector<std::int64_t> sizes{slots, form.kvHeads, form.headDim()};
        caches_.push_back({at::empty(sizes, tensors_), at::empty(sizes, tensors_)});
    }
    makeSums();
    return {};
}

void BatchModel::makeSums() {
    if (!choosesKeys(pattern_.get())) return;
    std::vector<std::int64_t> places;
    for (const int part : partOfLayer_)
        places.push_back(pools_[static_cast<std::size_t>(part)].pages.pages() * sumsOfPage());
    sums_.emplace(places, config_.model.keyHeads(), config_.model.headDim(), tensors_);
}

std::vector<std::string> BatchModel::namesOf(std::span<const std::int64_t> prompt) const {
    if (!namesPages_) return {};
    return pageNames(prompt, tokensOfAllPages());
}

std::optional<int> BatchModel::begin(std::int64_t tokens, const std::vector<std::string>& names) {
    const auto place = std::ranges::find_if(pages_, [](const auto& text) { return text.empty(); });
    if (place == pages_.end() || tokens > longest_) return std::nullopt;
    std::vector<std::vector<std::int64_t>> taken;
    for (Pool& pool : pools_) {
        taken.push_back(pool.pages.hold(names));
        const std::optional<std::vector<std::int64_t>> pages =
            pool.pages.take(pagesOf(pool, tokens) - std::ssize(taken.back()));
        if (!pages) {
            for (std::size_t i = 0; i < taken.size(); ++i) pools_[i].pages.giveBack(taken[i]);
            return std::nullopt;
        }
        Beginning& beginning = beginnings_[static_cast<std::size_t>(place - pages_.begin())];
        beginning = {.fullPages = std::ssize(taken.back())};
        if (beginning.fullPages > 0) beginning.name = names[taken.back().size() - 1];
        taken.back().insert(taken.back().end(), pages->begin(), pages->end());
    }
    *place = std::move(taken);
    const auto text = static_cast<int>(place - pages_.begin());
    if (isShared()) begun_.push_back({text, *place});
    return text;
}

void BatchModel::end(int text) {
    auto& pages = pages_[static_cast<std::size_t>(text)];
    for (std::size_t i = 0; i < pages.size(); ++i) pools_[i].pages.giveBack(pages[i]);
    pages.clear();
}

std::int64_t BatchModel::has(int text) const {
    return beginnings_[static_cast<std::size_t>(text)].fullPages * tokensOfAllPages();
}

// A page is full of tokens whose keys are there, now that the step is done.
void BatchModel::nameFullPages(const Part& part) {
    Beginning& own = beginnings_[static_cast<std::size_t>(part.text)];
    for (const std::int64_t token : part.tokens) {
        own.tokens.push_back(token);
        if (std::ssize(own.tokens) < tokensOfAllPages()) continue;
        own.name = pageName(own.name, own.tokens);
        own.tokens.clear();
        const auto page = static_cast<std::size_t>(own.fullPages++);
        pools_.front().pages.name(pages_[static_cast<std::size_t>(part.text)].front()[page],
                                  own.name);
    }
}

std::int64_t BatchModel::kept() const {
    std::int64_t most = 0;
    for (const Pool& pool : pools_) most = std::max(most, pool.pages.kept() * tokensOfAllPages());
    return most;
}

std::int64_t BatchModel::capacity() const {
    std::int64_t most = 0;
    for (const Pool& pool : pools_) most = std::max(most, pool.pages.pages() * tokensOfPage);
    return most * deal_.ranks;
}

std::int64_t BatchModel::used() const {
    std::int64_t most = 0;
    for (const Pool& pool : pools_)
        most = std::max(most, (pool.pages.pages() - pool.pages.free()) * tokensOfPage);
    return most * deal_.ranks;
}

Bytes BatchModel::cacheBytes() const {
    std::int64_t sum = 0;
    for (const LayerCache& layer : caches_)
        for (const at::Tensor& tensor : {layer.k, layer.v})
            if (tensor.defined()) sum += static_cast<std::int64_t>(tensor.nbytes());
    return {sum + (sums_ ? sums_->bytes() : 0)};
}

std::optional<std::int64_t> BatchModel::rereadBeyond() const {
    const RopeConfig& rope = config_.model.rope;
    if (config_.model.position != PositionKind::Rope || rope.scaling != RopeScaling::LongRope)
        return std::nullopt;
    return rope.originalLength;
}

at::Tensor BatchModel::step(const std::vector<Part>& parts) {
    tellRound({.parts = parts});
    at::Tensor logits = compute(parts);
    if (namesPages_)
        for (const Part& part : parts) nameFullPages(part);
    return logits;
}

void BatchModel::tellRound(BatchRound round) {
    if (!isShared()) return;
    round.begun = std::exchange(begun_, {});
    const std::vector<std::int64_t> numbers = numbersOf(round);
    shared({std::ssize(numbers)}, 1);
    shared(numbers, std::ssize(numbers));
}

bool BatchModel::follow() {
    const std::int64_t count = shared({}, 1).front();
    std::optional<BatchRound> round = roundOf(shared({}, count));
    if (!round) throw GroupError("rank 0 told of a step what cannot be read");
    for (TextRoom& room : round->begun)
        pages_.at(static_cast<std::size_t>(room.text)) = std::move(room.pages);
    if (!round->parts.empty()) compute(round->parts);
    return !round->isLast;
}

std::vector<std::int64_t> BatchModel::shared(const std::vector<std::int64_t>& told,
                                             std::int64_t count) {
    at::Tensor numbers = told.empty() ? at::zeros({count}, at::kLong)
                                      : integersAs(told, {count}, c10::Device(c10::kCPU));
    numbers = numbers.to(device_);
    ranks_->allReduceSum(numbers);
    numbers = numbers.cpu();
    const auto* values = numbers.const_data_ptr<std::int64_t>();
    return {values, values + count};
}

at::Tensor BatchModel::compute(const std::vector<Part>& parts) {
    const at::NoGradGuard withoutGraph;
    const TokenTensors shard = tensorsOf(parts);
    std::vector<PoolStep> steps;
    for (std::size_t pool = 0; pool < pools_.size(); ++pool) {
        steps.push_back(poolStep(pool, parts, shard.tokens.size(1)));
        if (sums_) addChoosing(pool, parts, steps.back());
    }
    RouterUse routers;
    const at::Tensor hidden = model_.hidden(
        shard,
        [&](int layer, const at::Tensor& q, const LayerKeys& keys) {
            const int part = partOfLayer_[static_cast<std::size_t>(layer)];
            return attend(layer, q, keys, steps[static_cast<std::size_t>(part)]);
        },
        routers);
    std::vector<std::int64_t> last;
    std::int64_t row = 0;
    for (const Part& part : parts) {
        row += std::ssize(part.tokens);
        if (part.wantsLogits) last.push_back(row - 1);
    }
    if (last.empty()) return at::empty({0, config_.model.vocabSize}, tensors_);
    return model_.logits(hidden[0].index_select(0, indices(last, device_)));
}

// All tokens as one row, (1, tokens): what is not attention looks at each token by itself.
TokenTensors BatchModel::tensorsOf(const std::vector<Part>& parts) const {
    std::vector<std::int64_t> tokens;
    std::vector<std::int64_t> positions;
    for (const Part& part : parts)
        for (std::size_t i = 0; i < part.tokens.size(); ++i) {
            tokens.push_back(part.tokens[i]);
            positions.push_back(part.first + static_cast<std::int64_t>(i));
        }
    const at::Tensor ids = indices(tokens, device_).unsqueeze(0);
    return {.tokens = ids,
            .labels = ids,
            .positions = indices(positions, device_),
            .rotary = rotaryOf(parts)};
}

RotaryTable BatchModel::rotaryOf(const std::vector<Part>& parts) const {
    std::vector<std::int64_t> positions;
    std::vector<at::Tensor> cosines;
    std::vector<at::Tensor> sines;
    for (const Part& part : parts) {
        for (std::int64_t i = 0; i < std::ssize(part.tokens); ++i)
            positions.push_back(part.first + i);
        if (!anglesDependOnLength(config_.model)) continue;
        const RotaryTable own =
            rotaryTableOf(config_, std::exchange(positions, {}), part.length, tensors_);
        cosines.push_back(own.cosine);
        sines.push_back(own.sine);
    }
    RotaryTable table = rotaryTableOf(config_, positions, 1, tensors_);
    if (cosines.empty()) return table;
    table.cosine = at::cat(cosines, 0);
    table.sine = at::cat(sines, 0);
    return table;
}

BatchModel::PoolStep BatchModel::poolStep(std::size_t pool, const std::vector<Part>& parts,
                                          std::int64_t rows) const {
    PoolStep step;
    std::vector<std::int64_t> slots;
    std::vector<std::int64_t> kept;
    slots.reserve(static_cast<std::size_t>(rows));
    step.rows.resize(static_cast<std::size_t>(rows));
    std::int64_t row = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const Part& part = parts[i];
        const std::vector<std::int64_t>& pages = pages_[static_cast<std::size_t>(part.text)][pool];
        const std::int64_t count = std::ssize(part.tokens);
        const std::int64_t end = part.first + count;
        const TokenSpan own = deal_.own({part.first, end});
        appendSlots(slotsOf(pages, own), slots);
        for (std::int64_t token = own.begin; token < own.end; ++token)
            kept.push_back(row + deal_.from(token).first - part.first);
        const std::int64_t begin =
            std::max<std::int64_t>(0, visibleTokens(pools_[pool].mask, part.first).begin);
        const TokenSpan seen = deal_.own({begin, end});
        if (count == 1 && device_.is_cpu()) {
            RowQuery& query = step.rows[static_cast<std::size_t>(row)];
            query.token = part.first;
            for (const SlotStretch& stretch : slotsOf(pages, seen))
                appendSeen(pattern_.get(), part.first,
                           {stretch.slot, stretch.count, deal_.from(stretch.first)}, query.pieces);
        } else if (seen.size() > 0) {
            step.stretches.push_back(stretchOf(pool, part, seen));
            step.stretches.back().part = i;
            step.stretches.back().tokens = {row, row + count};
        }
        row += count;
    }
    step.slots = indices(slots, device_);
    if (std::ssize(kept) < rows) step.kept = indices(kept, device_);
    return step;
}

// Of several tokens of a text, and the keys that they see, which are those of `keys` as this rank
// counts them.
BatchModel::PoolStep::Stretch BatchModel::stretchOf(std::size_t pool, const Part& part,
                                                    const TokenSpan& keys) const {
    std::vector<std::int64_t> slots;
    appendSlots(slotsOf(pages_[static_cast<std::size_t>(part.text)][pool], keys), slots);
    const std::vector<std::int64_t> heads = keyHeadsOf(pattern_.get());
    const PatternCut meeting{{0, std::ssize(part.tokens), {part.first, 1}},
                             {0, keys.size(), deal_.from(keys.begin)},
                             heads};
    return {.slots = indices(slots, device_),
            .blocks = blocksBetween(meeting, pools_[pool].mask, pattern_.get())};
}

// Of a text, where the sums of its first `blocks` blocks are.
at::Tensor BatchModel::sumPlaces(std::size_t pool, int text, std::int64_t blocks) const {
    const std::vector<std::int64_t>& pages = pages_[static_cast<std::size_t>(text)][pool];
    const std::int64_t each = sumsOfPage();
    std::vector<std::int64_t> places;
    for (std::int64_t block = 0; block < blocks; ++block)
        places.push_back(pages[static_cast<std::size_t>(block / each)] * each + block % each);
    return indices(places, device_);
}

void BatchModel::addChoosing(std::size_t pool, const std::vector<Part>& parts, PoolStep& step) {
    const std::int64_t size = pattern_->config().block;
    std::vector<at::Tensor> counted;
    std::int64_t row = 0;
    for (const Part& part : parts) {
        const std::int64_t count = std::ssize(part.tokens);
        const std::int64_t end = part.first + count;
        const auto pages =
            std::ssize(pages_[static_cast<std::size_t>(part.text)][pool]) * sumsOfPage();
        if (part.first == 0) sums_->clear(sumPlaces(pool, part.text, pages));
        const at::Tensor places = sumPlaces(pool, part.text, (end + size - 1) / size);
        std::vector<std::int64_t> blocks;
        for (std::int64_t token = part.first; token < end; ++token) blocks.push_back(token / size);
        counted.push_back(places.index_select(0, indices(blocks, device_)));
        step.choosing.push_back({part.text, {row, row + count}, {part.first, end}, places});
        row += count;
    }
    step.sums = at::cat(counted, 0);
}

// q (1, tokens, heads, columns).
at::Tensor BatchModel::attend(int layer, const at::Tensor& q, const LayerKeys& keys,
                              const PoolStep& step) {
    keep(layer, keys, step);
    const Choices choices = choose(layer, q, keys, step);
    BlockOutput whole = attendRows(layer, q, rowsOf(layer, step, choices));
    for (const PoolStep::Stretch& stretch : step.stretches) {
        const BlockOutput part =
            attendStretch(layer, q, stretch, choices.empty() ? KeyChoice() : choices[stretch.part]);
        // Values of expanded latents may have columns of zeros behind them.
        whole.out.narrow(1, stretch.tokens.begin, stretch.tokens.size())
            .copy_(part.out.narrow(3, 0, whole.out.size(3)));
        whole.lse.narrow(1, stretch.tokens.begin, stretch.tokens.size()).copy_(part.lse);
    }
    if (isShared()) whole = mergedOverRanks(whole, *ranks_);
    applySinks(sinksOf(parameters_, layer), 0, whole);
    return whole.out.to(q.scalar_type());
}

void BatchModel::keep(int layer, const LayerKeys& keys, const PoolStep& step) {
    LayerCache& cache = caches_[static_cast<std::size_t>(layer)];
    const auto copy = [&](at::Tensor& into, const at::Tensor& rows) {
        into.index_copy_(0, step.slots,
                         step.kept.defined() ? rows.index_select(0, step.kept) : rows);
    };
    if (!latents_.empty()) {
        const at::Tensor rows = latents_[static_cast<std::size_t>(layer)].kept(keys.latent);
        return copy(cache.k, rows[0].unsqueeze(1));
    }
    copy(cache.k, keys.k[0]);
    copy(cache.v, keys.v[0]);
}

BatchModel::Choices BatchModel::choose(int layer, const at::Tensor& q, const LayerKeys& keys,
                                       const PoolStep& step) {
    Choices choices;
    if (!sums_) return choices;
    sums_->add(layer, step.sums, headKeysOf(keys, config_.model.keyHeads())[0]);
    const auto pool = static_cast<std::size_t>(partOfLayer_[static_cast<std::size_t>(layer)]);
    for (const PoolStep::Choosing& part : step.choosing)
        choices.push_back(KeyChoice::among({*pattern_, pools_[pool].mask, part.tokens.end},
                                           {part.tokens}, {0, part.tokens.size()},
                                           q.narrow(1, part.rows.begin, part.rows.size()),
                                           sums_->at(layer, part.sums).unsqueeze(0).unsqueeze(0)));
    return choices;
}

// With the blocks that they chose.
std::vector<RowQuery> BatchModel::rowsOf(int layer, const PoolStep& step,
                                         const Choices& choices) const {
    std::vector<RowQuery> rows = step.rows;
    const auto pool = static_cast<std::size_t>(partOfLayer_[static_cast<std::size_t>(layer)]);
    for (std::size_t part = 0; part < choices.size(); ++part) {
        const PoolStep::Choosing& of = step.choosing[part];
        if (of.rows.size() > 1 || !device_.is_cpu()) continue;  // of a stretch
        RowQuery& query = rows[static_cast<std::size_t>(of.rows.begin)];
        const std::vector<std::int64_t>& pages = pages_[static_cast<std::size_t>(of.text)][pool];
        forChosenBlocks(*pattern_, choices[part].chosen()[0][0],
                        [&](const TokenSpan& tokens, const TokenSpan& head) {
                            for (const SlotStretch& some : slotsOf(pages, deal_.own(tokens)))
                                query.pieces.push_back(
                                    {some.slot, some.count, deal_.from(some.first), 1, head});
                        });
    }
    return rows;
}

// Of single tokens, on a CPU; the others' rows are 0 and -inf.
BlockOutput BatchModel::attendRows(int layer, const at::Tensor& q,
                                   const std::vector<RowQuery>& queries) const {
    const LayerCache& cache = caches_[static_cast<std::size_t>(layer)];
    if (!device_.is_cpu()) {
        const at::TensorOptions sums = q.options().dtype(sumType(q));
        return {at::zeros(q.sizes(), sums),
                at::full(q.sizes().slice(0, 3), -std::numeric_limits<double>::infinity(), sums)};
    }
    if (latents_.empty()) {
        BlockOutput rows =
            rowAttention(q[0].contiguous(), cache.k, cache.v, queries, scoreRulesOf(config_));
        return {rows.out.unsqueeze(0), rows.lse.unsqueeze(0)};
    }
    const LatentRows& latents = latents_[static_cast<std::size_t>(layer)];
    const at::Tensor ofLatents = latents.queries(q.transpose(0, 1));  // (tokens, 1, heads, C)
    BlockOutput rows = rowAttention(ofLatents.squeeze(1).contiguous(), cache.k, cache.k, queries,
                                    scoreRulesOf(config_));
    const at::Tensor sums = latents.outputs(rows.out.to(q.scalar_type()).unsqueeze(1));
    return {sums.to(rows.out.scalar_type()).transpose(0, 1).contiguous(), rows.lse.unsqueeze(0)};
}

// Of several tokens of a text: their keys are brought together.
BlockOutput BatchModel::attendStretch(int layer, const at::Tensor& q,
                                      const PoolStep::Stretch& stretch,
                                      const KeyChoice& choice) const {
    const LayerCache& cache = caches_[static_cast<std::size_t>(layer)];
    at::Tensor k = cache.k.index_select(0, stretch.slots).unsqueeze(0);
    at::Tensor v;
    if (latents_.empty())
        v = cache.v.index_select(0, stretch.slots).unsqueeze(0);
    else
        std::tie(k, v) = latents_[static_cast<std::size_t>(layer)].heads(k.squeeze(2));
    ScoreRules masked = scoreRulesOf(config_);
    const int part = partOfLayer_[static_cast<std::size_t>(layer)];
    masked.mask = &pools_[static_cast<std::size_t>(part)].mask;
    const at::Tensor queries = q.narrow(1, stretch.tokens.begin, stretch.tokens.size());
    const std::vector<std::int64_t> none;
    RowOutputs output(queries, q.size(2) / k.size(2), none);
    addBlocks(stretch.blocks, {queries, k, v}, masked, {0, stretch.tokens.size()}, choice, output);
    return output.takeSum();
}

}  // namespace ringscope
