#include "kernels/attention/attention.h"

#include "backend/plan/native_sparse.h"
#include "kernels/attention/attention_state.h"
#include "kernels/attention/transfers.h"
#include "profiler/span_recorder.h"
#include "profiler/trace_place.h"

#include <ATen/ops/cat.h>
#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace ringscope {
namespace {

// Whether the tokens of each of these ranks are before those of the next.
bool inTokenOrder(const ShardLayout& owned, const RankSet& ranks) {
    std::int64_t next = 0;
    for (const int rank : ranksOf(ranks)) {
        for (const TokenSpan& span : owned.spansOf(rank)) {
            if (span.begin < next) return false;
            next = span.end;
        }
    }
    return true;
}

Result<void> checkGroup(const Schedule& schedule, int rank, const Group& group) {
    if (group.size() == schedule.ranks && group.rank() == rank) return {};
    return Error{ErrorCode::InvalidConfig,
                 "the schedule is for rank " + std::to_string(rank) + " of " +
                     std::to_string(schedule.ranks) + ", the group has rank " +
                     std::to_string(group.rank()) + " of " + std::to_string(group.size())};
}

Result<void> checkOrder(const Schedule& schedule, const RankSchedule& steps,
                        const ExecutorRow& executor) {
    if (executor.ranksInTokenOrder &&
        !inTokenOrder(schedule.owned, steps.forward.front().queriesOf))
        return Error{ErrorCode::InvalidConfig,
                     std::string(executorName(schedule.executor)) +
                         " attention needs each rank's tokens before the next rank's"};
    return {};
}

// Groups of some of the ranks are made once, here, by all of them in the same order.
Result<void> makeGroups(const RankSchedule& steps, Group& group) {
    try {
        for (const std::vector<Step>* pass : {&steps.forward, &steps.backward})
            for (const Step& step : *pass)
                for (const Transfer& transfer : step.transfers) groupOf(group, transfer);
    } catch (const GroupError& error) {
        return Error{ErrorCode::Unavailable, error.what()};
    }
    return {};
}

void expectInputs(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
    TORCH_CHECK(q.dim() == 4 && k.dim() == 4 && k.sizes() == v.sizes(),
                "attention takes (B, n, H, D); got q ", q.sizes(), ", k ", k.sizes(), ", v ",
                v.sizes());
    TORCH_CHECK(q.size(0) == k.size(0) && q.size(1) == k.size(1) && q.size(3) == k.size(3) &&
                    q.size(2) % k.size(2) == 0,
                "queries ", q.sizes(), " do not fit keys ", k.sizes());
    TORCH_CHECK(q.is_contiguous() && k.is_contiguous() && v.is_contiguous(),
                "attention takes contiguous q, k and v");
}

void expectGates(const AttentionCall& call, const at::Tensor& q, const at::Tensor& gates) {
    TORCH_CHECK(call.sparse.has_value() == gates.defined(),
                "native sparse attention takes its parameters and gates, other attention neither");
    if (!gates.defined()) return;
    TORCH_CHECK(gates.dim() == 4 && gates.sizes().slice(0, 3) == q.sizes().slice(0, 3) &&
                    gates.size(3) == sparseBranches && gates.is_contiguous(),
                "queries ", q.sizes(), " do not fit gates ", gates.sizes());
}

void expectLatents(const at::Tensor& q, const LatentKeys& keys) {
    TORCH_CHECK(q.dim() == 4 && keys.latent.dim() == 3 && q.size(0) == keys.latent.size(0) &&
                    q.size(1) == keys.latent.size(1) && q.size(2) % keys.heads == 0,
                "queries ", q.sizes(), " do not fit latents ", keys.latent.sizes(), " of ",
                keys.heads, " heads");
    TORCH_CHECK(q.is_contiguous() && keys.latent.is_contiguous(),
                "attention takes contiguous q and latents");
}

void writePlace(SpanPass pass, const AttentionCall& call) {
    enterPass(pass);
    tracePlace().layer = call.layer;
    tracePlace().step = call.step;
}

// The heads of one turn, contiguous.
at::Tensor headsOf(const at::Tensor& tensor, std::int64_t turn, std::int64_t turns) {
    if (!tensor.defined()) return tensor;
    const std::int64_t heads = tensor.size(2) / turns;
    return tensor.narrow(2, turn * heads, heads).contiguous();
}

// Makes this rank late: debug.slow_rank. A trace shows it as time of the host.
void holdUp(std::chrono::nanoseconds delay) {
    if (delay <= std::chrono::nanoseconds::zero()) return;
    const ScopedSpan span(tagHere(SpanKind::Host, Operation::None));
    std::this_thread::sleep_for(delay);
}

}  // namespace

Result<std::unique_ptr<Attention>> Attention::make(const Schedule& schedule, int rank, Group& group,
                                                   const AttentionOptions& options) {
    const ExecutorRow& executor = executorRow(schedule.executor);
    RINGSCOPE_CHECK(checkGroup(schedule, rank, group));
    RankSchedule steps = stepsOf(schedule, rank);
    RINGSCOPE_CHECK(checkOrder(schedule, steps, executor));
    RINGSCOPE_CHECK(makeGroups(steps, group));
    return std::unique_ptr<Attention>(
        new Attention(std::unique_ptr<State>(new State{executor,
                                                       {std::move(steps), schedule.mask},
                                                       schedule.owned,
                                                       group,
                                                       options,
                                                       schedule.latent,
                                                       schedule.pattern})));
}

Attention::Attention(std::unique_ptr<State> state) : state_(std::move(state)) {}
Attention::~Attention() = default;

bool Attention::travelAsLatents() const { return state_->latent; }

std::int64_t Attention::bufferAllocations() const { return state_->pool.made(); }

AttentionOutput Attention::forward(const AttentionCall& call, const at::Tensor& q,
                                   const at::Tensor& k, const at::Tensor& v,
                                   const at::Tensor& gates) const {
    expectInputs(q, k, v);
    expectGates(call, q, gates);
    if (state_->latent) throw std::logic_error("the schedule is for latents, not for keys");
    return run(call, {q, k, v, gates}, {}, k.size(2));
}

AttentionOutput Attention::forward(const AttentionCall& call, const at::Tensor& q,
                                   const LatentKeys& keys) const {
    expectLatents(q, keys);
    if (!state_->latent) throw std::logic_error("the schedule is for keys, not for latents");
    return run(call, {q, keys.latent.unsqueeze(2), at::Tensor()}, keys.expand, keys.heads);
}

AttentionOutput Attention::run(const AttentionCall& call, const QueryKeyValue& input,
                               const KeyExpansion& expand, std::int64_t keyHeads) const {
    const PurposeScope purpose(state_->group, Purpose::Attention);
    const PlaceScope place;
    writePlace(SpanPass::Forward, call);
    holdUp(state_->options.delay);
    AttentionOutput output =
        state_->options.turns == 1
            ? state_->executor.forward(state_->whole(call, input.q.size(2), expand, keyHeads),
                                       input)
            : forwardInTurns(call, input);
    output.saved.call = call;
    output.saved.expand = expand;
    return output;
}

AttentionOutput Attention::forwardInTurns(const AttentionCall& call,
                                          const QueryKeyValue& input) const {
    const std::int64_t turns = state_->options.turns;
    const std::int64_t heads = input.q.size(2);
    std::vector<at::Tensor> outs;
    std::vector<at::Tensor> sums;
    SavedAttention saved;
    for (std::int64_t turn = 0; turn < turns; ++turn) {
        AttentionOutput part = state_->executor.forward(
            state_->part(call, heads, turn * heads / turns),
            {headsOf(input.q, turn, turns), headsOf(input.k, turn, turns),
             headsOf(input.v, turn, turns), headsOf(input.gates, turn, turns)});
        outs.push_back(std::move(part.out));
        sums.push_back(std::move(part.lse));
        std::ranges::move(part.saved.tensors, std::back_inserter(saved.tensors));
        saved.kvHeads = part.saved.kvHeads;
    }
    return {at::cat(outs, 2), std::move(saved), at::cat(sums, 2)};
}

AttentionGradients Attention::backward(const SavedAttention& saved, const at::Tensor& dOut) const {
    const PurposeScope purpose(state_->group, Purpose::Attention);
    const PlaceScope place;
    writePlace(SpanPass::Backward, saved.call);
    holdUp(state_->options.delay);
    if (state_->options.turns > 1) return backwardInTurns(saved, dOut);
    return state_->executor.backward(
        state_->whole(saved.call, dOut.size(2), saved.expand, saved.kvHeads), saved,
        dOut.contiguous());
}

AttentionGradients Attention::backwardInTurns(const SavedAttention& saved,
                                              const at::Tensor& dOut) const {
    const std::int64_t turns = state_->options.turns;
    const std::int64_t heads = dOut.size(2);
    const std::ptrdiff_t each = std::ssize(saved.tensors) / turns;
    std::vector<at::Tensor> q, k, v, gates;
    for (std::int64_t turn = 0; turn < turns; ++turn) {
        SavedAttention part = saved;
        const auto first = saved.tensors.begin() + turn * each;
        part.tensors.assign(first, first + each);
        AttentionGradients gradients =
            state_->executor.backward(state_->part(saved.call, heads, turn * heads / turns), part,
                                      headsOf(dOut, turn, turns));
        q.push_back(std::move(gradients.q));
        k.push_back(std::move(gradients.k));
        v.push_back(std::move(gradients.v));
        if (gradients.gates.defined()) gates.push_back(std::move(gradients.gates));
    }
    return {at::cat(q, 2), at::cat(k, 2), at::cat(v, 2),
            gates.empty() ? at::Tensor() : at::cat(gates, 2)};
}

}  // namespace ringscope
