#include "backend/simulate/step_tape.h"

#include "backend/memory/offload.h"
#include "backend/model/parameter_list.h"
#include "backend/plan/memory_zero.h"
#include "backend/simulate/attention_tape.h"
#include "backend/simulate/layer_matrices.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace ringscope {
namespace {

// Tickets that outlive their segment.
enum Lasting : std::int16_t {
    valuesEven = 0,  // of a unit with an even number; values are gathered a unit ahead
    valuesOdd = 1,
    gradientsOnTheWay = 2,
    offloadedEven = 3,  // activations; two buffers take turns
    offloadedOdd = 4,
    updateMoves = 5,
    updateSends = 6,
};

std::int8_t channelTo(OffloadPlace place) {
    return place == OffloadPlace::Disk ? diskChannel : std::int8_t{0};
}

std::int64_t parameterRanks(const RunPlan& plan, bool experts) {
    return experts ? plan.ranks / plan.expertRanks : plan.ranks;
}

}  // namespace

// What tapes of all ranks have in common: found once.
class StepTapes::Common {
public:
    explicit Common(const StepCosts& costs)
        : costs_(costs),
          parameters_(parameterList(costs.plan().config.model, costs.plan().layers)) {}

    const StepCosts& costs() const { return costs_; }

    const LayerMatrices& matrices(int layer) {
        const auto [found, isNew] = matrices_.try_emplace(layer);
        if (isNew) found->second = matricesOf(costs_, layer, parameters_);
        return found->second;
    }

    // Of a unit, or of all: scalars of all slices but the rank's own. So many it sends to share its
    // values, or the gradients of what is trained.
    std::int64_t othersSlices(int unit, bool trained) {
        const auto [found, isNew] = slices_.try_emplace({unit, trained}, 0);
        if (!isNew) return found->second;
        for (const SharePart& part : costs_.share().parts)
            if ((part.unit == unit || unit < 0) && !(trained && part.frozen)) {
                const std::int64_t ranks = parameterRanks(costs_.plan(), part.experts);
                found->second += (ranks - 1) * (part.span.count / ranks);
            }
        return found->second;
    }

private:
    const StepCosts& costs_;
    std::vector<ParameterSpec> parameters_;
    std::map<int, LayerMatrices> matrices_{};
    std::map<std::pair<int, bool>, std::int64_t> slices_{};
};

namespace {

class TapeWriter {
public:
    TapeWriter(StepTapes::Common& common, int rank, const TapeExtent& extent)
        : common_(common),
          costs_(common.costs()),
          plan_(costs_.plan()),
          model_(plan_.config.model),
          rank_(rank),
          extent_(extent),
          share_(costs_.share()),
          rows_(plan_.attention.batch * tokenCount(heldTokens(plan_.schedule(), rank))) {
        everybody_ = groupIndex(tape_, {.ranks = {0, plan_.ranks, 1}, .everybody = true});
        for (const AttentionPart& part : plan_.parts)
            steps_.push_back(stepsOf(part.schedule, rank));
    }

    RankTape write() && {
        for (std::int64_t micro = 0; micro < extent_.microSteps; ++micro) microStep();
        play(-1, SpanPass::Update, [&](auto& deeds) { update(deeds); });
        return std::move(tape_);
    }

private:
    using Deeds = std::vector<Deed>;

    template <typename Body>
    int segmentOf(Body body) {
        Segment segment;
        body(segment.deeds);
        tape_.segments.push_back(std::move(segment));
        return static_cast<int>(tape_.segments.size()) - 1;
    }
    template <typename Body>
    void play(int layer, SpanPass pass, Body body) {
        const int segment = segmentOf(body);
        if (!tape_.segments.back().deeds.empty()) tape_.plays.push_back({segment, layer, pass});
    }
    // The same for all layers of a kind.
    template <typename Body>
    void playLayer(int layer, SpanPass pass, int what, Body body) {
        const std::size_t index = static_cast<std::size_t>(layer);
        const std::tuple key{what, plan_.partOfLayer[index], plan_.layers[index].experts};
        auto known = known_.find(key);
        if (known == known_.end()) known = known_.emplace(key, segmentOf(body)).first;
        tape_.plays.push_back({known->second, layer, pass});
    }

    void work(Deeds& deeds, Operation operation, std::int64_t nanos, int kernels) {
        if (nanos > 0)
            deeds.push_back({.kind = DeedKind::Work,
                             .lane = SpanKind::Compute,
                             .operation = operation,
                             .kernels = kernels,
                             .nanos = nanos});
    }
    std::int64_t passes(std::int64_t columns, std::int64_t times) const {
        return costs_.passOver(times * rows_ * columns * costs_.elementBytes());
    }
    bool frozen() const { return !costs_.adapters().empty(); }
    // `tile`: rows that are multiplied at once.
    std::int64_t products(const std::vector<Matrix>& matrices, bool backward,
                          std::int64_t tile) const {
        std::int64_t nanos = 0;
        for (const Matrix& matrix : matrices) {
            const auto rows =
                static_cast<std::int64_t>(static_cast<double>(rows_) * matrix.rowsShare);
            const auto [inner, columns] = std::pair(matrix.inner, matrix.columns);
            // Of what is frozen the rows' gradient alone is wanted.
            nanos += matrix.copies * (!backward  ? costs_.product(rows, inner, columns)
                                      : frozen() ? costs_.product(rows, columns, inner)
                                                 : costs_.productBackward(rows, inner, columns));
            if (matrix.inFourBits)
                nanos += matrix.copies * ((rows + tile - 1) / tile) * unpacked(inner * columns);
            for (const std::int64_t adapted : matrix.adapted)
                nanos += matrix.copies * adapter(rows, inner, adapted, backward);
        }
        return nanos;
    }
    // Codes of 4 bits become numbers of fp32, and these the elements' type.
    std::int64_t unpacked(std::int64_t numbers) const {
        return costs_.passOver(numbers / 2 + numbers * (4 + 4 + costs_.elementBytes()));
    }
    // Two thin products, whose result is added to what is there. Both are done three times
    // backward: for the rows' gradient, and for each matrix's own, which needs what the other gave.
    std::int64_t adapter(std::int64_t rows, std::int64_t inner, std::int64_t columns,
                         bool backward) const {
        const std::int64_t rank = plan_.config.adapter.rank;
        const std::int64_t element = costs_.elementBytes();
        const std::int64_t thin =
            costs_.product(rows, inner, rank) + costs_.product(rows, rank, columns);
        const std::int64_t dropped =
            plan_.config.adapter.dropout > 0 ? costs_.passOver(3 * rows * inner * element) : 0;
        return (backward ? 3 : 1) * thin + (backward ? 2 : 1) * dropped +
               costs_.passOver(rows * (backward ? inner : columns) * element);
    }
    // As kernels/model/chunks.h has it, on a CPU.
    std::int64_t chunk() const { return costs_.elementBytes() == 2 ? 1024 : 512; }
    std::int64_t feedForwardTile() const { return plan_.config.memory.tileMlp.value_or(chunk()); }
    std::int64_t headColumns() const {
        return (model_.heads + 2 * model_.keyHeads()) * model_.headDim();
    }

    void awaitTicket(Deeds& deeds, std::int16_t ticket) {
        deeds.push_back(
            {.kind = DeedKind::Await, .lane = SpanKind::Wait, .ticket = ticket, .kernels = 0});
    }
    void collective(Deeds& deeds, Operation operation, int group, std::int64_t bytes,
                    std::int16_t ticket) {
        deeds.push_back({.kind = DeedKind::Collective,
                         .lane = SpanKind::Transfer,
                         .operation = operation,
                         .ticket = ticket,
                         .peer = group,
                         .bytes = bytes});
    }

    std::int64_t othersSlices(int unit, bool trained) const {
        return common_.othersSlices(unit, trained);
    }

    bool recomputes() const { return plan_.config.memory.recompute == Recompute::Layers; }
    bool offloads() const { return plan_.config.memory.offloadActivations != OffloadPlace::None; }

    // Values of a unit that ranks divide: gathered while the unit before it computes.
    void fetch(Deeds& deeds, int unit) {
        if (!dividesValues(plan_)) return;
        collective(deeds, Operation::AllGather, everybody_,
                   othersSlices(unit, /*trained=*/false) * costs_.elementBytes(),
                   unit % 2 == 0 ? valuesEven : valuesOdd);
    }
    void useValues(int unit, int next, bool fetched) {
        if (!dividesValues(plan_)) return;
        play(unit - layerUnit(0), SpanPass::None, [&](Deeds& deeds) {
            if (!fetched) fetch(deeds, unit);
            awaitTicket(deeds, unit % 2 == 0 ? valuesEven : valuesOdd);
            if (next >= 0) fetch(deeds, next);
        });
    }
    void closeGradients(int unit) {
        if (!dividesGradients(plan_)) return;
        const std::int64_t scalars = othersSlices(unit, /*trained=*/true);
        if (scalars == 0) return settleGradients();
        play(unit - layerUnit(0), SpanPass::Backward, [&](Deeds& deeds) {
            if (gradientsOpen_) awaitTicket(deeds, gradientsOnTheWay);
            collective(deeds, Operation::ReduceScatter, everybody_, scalars * costs_.sumBytes(),
                       gradientsOnTheWay);
        });
        gradientsOpen_ = true;
    }
    void settleGradients() {
        if (!gradientsOpen_) return;
        gradientsOpen_ = false;
        play(-1, SpanPass::Backward, [&](Deeds& deeds) { awaitTicket(deeds, gradientsOnTheWay); });
    }

    // Tokens to the ranks of their experts and what these made of them back; in between, rows of
    // all ranks that share experts.
    void spread(Deeds& deeds, Operation operation) {
        if (plan_.expertRanks == 1) return;
        const int first = rank_ / plan_.expertRanks * plan_.expertRanks;
        const int group = groupIndex(tape_, {.ranks = {first, plan_.expertRanks, 1}});
        const std::int64_t bytes = rows_ * model_.experts.perToken * (plan_.expertRanks - 1) /
                                   plan_.expertRanks * model_.hiddenSize * costs_.elementBytes();
        if (operation == Operation::Dispatch)
            deeds.push_back({.kind = DeedKind::Sync, .lane = SpanKind::Host, .kernels = 0});
        const auto ticket = static_cast<std::int16_t>(lastingTickets - 1);
        collective(deeds, operation, group, bytes, ticket);
        awaitTicket(deeds, ticket);
    }

    void feedForward(Deeds& deeds, const LayerMatrices& matrices, bool experts, bool backward) {
        const std::int64_t width = model_.hiddenSize;
        const int kernels = backward ? 8 : 4;
        if (experts) spread(deeds, Operation::Dispatch);
        work(deeds, Operation::FeedForward,
             products(matrices.feedForward, backward, feedForwardTile()) +
                 passes(width, backward ? 8 : 5) + passes(matrices.innerColumns, backward ? 4 : 2),
             experts ? kernels * 3 : kernels);
        if (experts) spread(deeds, Operation::Combine);
    }

    void layerForward(Deeds& deeds, int layer) {
        const std::size_t index = static_cast<std::size_t>(layer);
        const LayerMatrices& matrices = common_.matrices(layer);
        work(deeds, Operation::Project,
             products(matrices.before, false, chunk()) + passes(model_.hiddenSize, 2) +
                 passes(headColumns(), 2),
             4);
        const auto part = static_cast<std::size_t>(plan_.partOfLayer[index]);
        appendAttention(costs_, plan_.parts[part], steps_[part], rank_, Pass::Forward, tape_,
                        deeds);
        afterAttention(deeds, layer, matrices);
    }
    void afterAttention(Deeds& deeds, int layer, const LayerMatrices& matrices) {
        work(deeds, Operation::Project,
             products(matrices.output, false, rows_) + passes(model_.hiddenSize, 3), 2);
        feedForward(deeds, matrices, plan_.layers[static_cast<std::size_t>(layer)].experts, false);
    }
    void layerBackward(Deeds& deeds, int layer) {
        const std::size_t index = static_cast<std::size_t>(layer);
        const LayerMatrices& matrices = common_.matrices(layer);
        if (plan_.config.memory.recompute == Recompute::AttentionKept)
            afterAttention(deeds, layer, matrices);
        if (plan_.config.memory.tileMlp)
            work(deeds, Operation::FeedForward,
                 products(matrices.feedForward, false, feedForwardTile()) / 2, 2);
        feedForward(deeds, matrices, plan_.layers[index].experts, true);
        work(deeds, Operation::Project,
             products(matrices.output, true, rows_) + passes(model_.hiddenSize, 3), 4);
        const auto part = static_cast<std::size_t>(plan_.partOfLayer[index]);
        appendAttention(costs_, plan_.parts[part], steps_[part], rank_, Pass::Backward, tape_,
                        deeds);
        work(deeds, Operation::Project,
             products(matrices.before, true, chunk()) + passes(model_.hiddenSize, 6) +
                 passes(headColumns(), 3),
             8);
    }

    std::int64_t layerInput() const { return rows_ * model_.hiddenSize * costs_.elementBytes(); }
    // Inputs of layers go to the host or the disk, two at a time, and come back one ahead.
    void move(Deeds& deeds, int number, Operation operation) {
        deeds.push_back({.kind = DeedKind::Move,
                         .lane = SpanKind::Copy,
                         .operation = operation,
                         .channel = channelTo(plan_.config.memory.offloadActivations),
                         .ticket = number % 2 == 0 ? offloadedEven : offloadedOdd,
                         .kernels = 0,
                         .bytes = layerInput()});
    }

    void runLayer(int layer, SpanPass pass) {
        playLayer(layer, pass, 0, [&](Deeds& deeds) { layerForward(deeds, layer); });
    }

    void microStep() {
        const int layers = static_cast<int>(extent_.layers);
        const int every = recomputes() ? static_cast<int>(plan_.config.memory.recomputeEvery) : 1;
        useValues(embeddingUnit, layerUnit(0), false);
        play(-1, SpanPass::Forward, [&](Deeds& deeds) {
            work(deeds, Operation::Forward, passes(model_.hiddenSize, 2), 2);
        });
        for (int layer = 0; layer < layers; ++layer) {
            useValues(layerUnit(layer), layer + 1 < layers ? layerUnit(layer + 1) : headOf(), true);
            if (recomputes() && offloads() && layer % every == 0) offload(layer / every);
            runLayer(layer, SpanPass::Forward);
        }
        useValues(headOf(), -1, true);
        play(-1, SpanPass::Forward, [&](Deeds& deeds) { head(deeds); });
        closeGradients(headOf());
        const int groups = (layers + every - 1) / every;
        for (int group = groups - 1; group >= 0; --group) backward(group, groups, every);
        if (!frozen())
            play(-1, SpanPass::Backward, [&](Deeds& deeds) {
                work(deeds, Operation::Backward, passes(model_.hiddenSize, 2), 2);
            });
        closeGradients(embeddingUnit);
        settleGradients();
    }
    // Also where fewer layers are played: its parameters are the same.
    int headOf() const { return headUnit(std::ssize(plan_.layers)); }

    void offload(int group) {
        play(group, SpanPass::Forward, [&](Deeds& deeds) {
            if (group >= 2) awaitTicket(deeds, group % 2 == 0 ? offloadedEven : offloadedOdd);
            move(deeds, group, Operation::Offload);
        });
    }
    void reload(int group, int groups) {
        play(group, SpanPass::Backward, [&](Deeds& deeds) {
            if (group + 1 == groups) {
                for (int last = std::max(0, groups - 2); last < groups; ++last)
                    awaitTicket(deeds, last % 2 == 0 ? offloadedEven : offloadedOdd);
                move(deeds, group, Operation::Reload);
            }
            awaitTicket(deeds, group % 2 == 0 ? offloadedEven : offloadedOdd);
            if (group > 0) move(deeds, group - 1, Operation::Reload);
        });
    }

    void backward(int group, int groups, int every) {
        const int begin = group * every;
        const int end = std::min(begin + every, static_cast<int>(extent_.layers));
        if (recomputes() && offloads()) reload(group, groups);
        for (int layer = begin; recomputes() && layer < end; ++layer) {
            // What a layer that runs again needs was fetched by the layer above it, if it is the
            // last of its group.
            useValues(layerUnit(layer), -1, /*fetched=*/every == 1 && group + 1 < groups);
            runLayer(layer, SpanPass::Recompute);
        }
        for (int layer = end - 1; layer >= begin; --layer) {
            const bool kept = recomputes() && layer == end - 1;
            const bool fetched = !recomputes() && layer + 1 < static_cast<int>(extent_.layers);
            if (!kept)
                useValues(layerUnit(layer), nextDown(layer, begin), fetched);
            else
                fetchNext(nextDown(layer, begin));
            playLayer(layer, SpanPass::Backward, 1,
                      [&](Deeds& deeds) { layerBackward(deeds, layer); });
            closeGradients(layerUnit(layer));
        }
    }
    // The unit that is gathered while `layer` goes back; -1: none.
    int nextDown(int layer, int begin) const {
        if (layer == 0) return -1;
        const bool ahead = !recomputes() || plan_.config.memory.recomputeEvery == 1;
        return ahead || layer > begin ? (ahead ? layerUnit(layer - 1) : -1) : -1;
    }
    void fetchNext(int unit) {
        if (unit < 0 || !dividesValues(plan_)) return;
        play(unit - layerUnit(0), SpanPass::Backward, [&](Deeds& deeds) { fetch(deeds, unit); });
    }

    // Logits, the loss and their gradients at once.
    void head(Deeds& deeds) {
        const std::int64_t vocabulary = model_.vocabSize;
        work(deeds, Operation::Loss,
             costs_.product(rows_, model_.hiddenSize, vocabulary) +
                 (frozen() ? costs_.product(rows_, vocabulary, model_.hiddenSize)
                           : costs_.productBackward(rows_, model_.hiddenSize, vocabulary)) +
                 costs_.passOver(rows_ * vocabulary * (4 * costs_.sumBytes())) +
                 passes(model_.hiddenSize, 4),
             12);
        deeds.push_back({.kind = DeedKind::Sync, .lane = SpanKind::Host, .kernels = 0});
    }

    // Gradients are summed, the rank's slice of parameters moves, and goes to the others.
    void update(Deeds& deeds) {
        const std::int64_t level = plan_.config.memory.zero;
        const bool alone = plan_.ranks == 1;
        std::int64_t owned = 0;
        for (const SharePart& part : share_.parts)
            if (!part.frozen) owned += partOwner(plan_, part, rank_).owned.count;
        const std::int64_t others = scaled(othersSlices(-1, /*trained=*/true));
        owned = scaled(owned);
        if (!alone && !dividesGradients(plan_)) {
            collective(deeds, Operation::ReduceScatter, everybody_, others * costs_.sumBytes(),
                       updateSends);
            awaitTicket(deeds, updateSends);
            if (level == 0) {
                collective(deeds, Operation::AllGather, everybody_, others * costs_.sumBytes(),
                           updateSends);
                awaitTicket(deeds, updateSends);
            }
        }
        work(deeds, Operation::Optimizer, costs_.passOver(owned * costs_.sumBytes()), 2);
        if (!alone) {
            collective(deeds, Operation::AllGather, everybody_, 16 * (plan_.ranks - 1),
                       updateSends);
            awaitTicket(deeds, updateSends);
        }
        deeds.push_back({.kind = DeedKind::Sync, .lane = SpanKind::Host, .kernels = 0});
        adam(deeds, owned);
        if (!alone && level != 0 && !dividesValues(plan_)) {
            collective(deeds, Operation::AllGather, everybody_, others * costs_.elementBytes(),
                       updateSends);
            awaitTicket(deeds, updateSends);
        }
        deeds.push_back({.kind = DeedKind::Sync, .lane = SpanKind::Host, .kernels = 0});
    }
    void adam(Deeds& deeds, std::int64_t owned) {
        const bool quantised = plan_.config.train.optimizer == OptimizerKind::AdamW8bit;
        const bool copy = costs_.elementBytes() != costs_.sumBytes();
        // Gradient and value; both moments read and written; a wide copy of two-byte values.
        const std::int64_t state = quantised ? 4 : 4 * costs_.sumBytes();
        const std::int64_t bytes = costs_.sumBytes() + 2 * costs_.elementBytes() + state +
                                   (copy ? 2 * costs_.sumBytes() : 0);
        if (plan_.config.memory.offloadOptimizer != OffloadPlace::None) {
            std::int64_t records = 0;
            for (const std::int64_t record : optimizerRecords(plan_, rank_)) records += record;
            deeds.push_back({.kind = DeedKind::Move,
                             .lane = SpanKind::Copy,
                             .operation = Operation::Offload,
                             .channel = channelTo(plan_.config.memory.offloadOptimizer),
                             .ticket = updateMoves,
                             .kernels = 0,
                             .bytes = scaled(2 * records)});
        }
        work(deeds, Operation::Optimizer, costs_.passOver(owned * bytes), 16);
        if (plan_.config.memory.offloadOptimizer != OffloadPlace::None)
            awaitTicket(deeds, updateMoves);
    }
    // Of all that is trained, what is of the layers that are played and beside layers.
    std::int64_t scaled(std::int64_t whole) const {
        const std::int64_t all = std::ssize(plan_.layers);
        if (extent_.layers == all) return whole;
        std::int64_t played = 0;
        std::int64_t total = 0;
        for (const ParameterSpec& spec : share_.list) {
            if (!spec.trained) continue;
            total += spec.elements();
            if (!spec.name.starts_with("layers.") ||
                std::stoll(spec.name.substr(7)) < extent_.layers)
                played += spec.elements();
        }
        return static_cast<std::int64_t>(static_cast<long double>(whole) * played / total);
    }

    StepTapes::Common& common_;
    const StepCosts& costs_;
    const RunPlan& plan_;
    const ModelConfig& model_;
    int rank_;
    TapeExtent extent_;
    const ParameterShare& share_;
    std::int64_t rows_;
    int everybody_ = 0;
    std::vector<RankSchedule> steps_{};
    std::map<std::tuple<int, int, bool>, int> known_{};
    bool gradientsOpen_ = false;
    RankTape tape_{};
};

}  // namespace

TapeExtent wholeStep(const RunPlan& plan) {
    return {.layers = std::ssize(plan.layers), .microSteps = plan.microSteps};
}

StepTapes::StepTapes(const StepCosts& costs) : common_(std::make_unique<Common>(costs)) {}
StepTapes::~StepTapes() = default;

RankTape StepTapes::of(int rank, const TapeExtent& extent) {
    return TapeWriter(*common_, rank, extent).write();
}

namespace {

TapeTotals totalsOf(const Segment& segment) {
    TapeTotals totals;
    for (const Deed& deed : segment.deeds) {
        if (deed.kind == DeedKind::Work) {
            totals.work += deed.nanos;
            if (deed.lane == SpanKind::Attention) totals.attention += deed.nanos;
        }
        if (deed.kind != DeedKind::Send && deed.kind != DeedKind::Collective) continue;
        totals.sentBytes += deed.bytes;
        const bool ofAttention =
            deed.kind == DeedKind::Send || (deed.ringStep >= 0 && deed.ticket >= lastingTickets);
        if (ofAttention) totals.attentionBytes += deed.bytes;
    }
    return totals;
}

}  // namespace

TapeTotals totalsOf(const RankTape& tape) {
    std::vector<std::int64_t> times(tape.segments.size());
    for (const Play& play : tape.plays) ++times[static_cast<std::size_t>(play.segment)];
    TapeTotals totals;
    for (std::size_t i = 0; i < times.size(); ++i) {
        const TapeTotals once = totalsOf(tape.segments[i]);
        totals.work += times[i] * once.work;
        totals.attention += times[i] * once.attention;
        totals.sentBytes += times[i] * once.sentBytes;
        totals.attentionBytes += times[i] * once.attentionBytes;
    }
    return totals;
}

}  // namespace ringscope
