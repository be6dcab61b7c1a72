#include "kernels/attention/key_gather.h"

#include "kernels/block/row_copies.h"
#include "profiler/trace_place.h"

#include <ATen/ops/empty.h>
#include <stdexcept>
#include <utility>

namespace ringscope {
namespace {

// (P, 2, B, n, h, D), a slice for each rank, as (2, B, S, h, D).
at::Tensor inTokenOrder(const at::Tensor& slices, const ShardLayout& owned) {
    at::Tensor whole = at::empty(
        {2, slices.size(2), slices.size(0) * slices.size(3), slices.size(4), slices.size(5)},
        slices.options());
    copyToTokenOrder(slices, owned, whole);
    return whole;
}

std::vector<std::int64_t> sliceSizes(const at::Tensor& whole, std::int64_t ranks) {
    return {ranks, 2, whole.size(1), whole.size(2) / ranks, whole.size(3), whole.size(4)};
}

at::Tensor headsOf(const at::Tensor& tensor, const HeadSpan& heads) {
    return tensor.narrow(-2, heads.begin, heads.size());
}

}  // namespace

KeyGather::KeyGather(const RankPart& part, const std::vector<Step>& pass, at::Tensor k,
                     at::Tensor v)
    : part_(part), pass_(pass), k_(std::move(k)), v_(std::move(v)) {}

at::Tensor KeyGather::begin(const Step& step) {
    tracePlace().ringStep = step.index;
    postGathers(step);
    open_.complete(Payload::KeyValue, step.index);
    const auto held = std::ranges::find(gathered_, step.index, &Moving::neededBy);
    if (held == gathered_.end())
        throw std::logic_error("step " + std::to_string(step.index) + " gathers no keys");
    const at::Tensor keys = inTokenOrder(held->received.tensor(), part_.owned);
    gathered_.erase(held);
    return keys;
}

// The heads of a gather are those of the step that needs it.
void KeyGather::postGathers(const Step& step) {
    for (const Transfer& transfer : step.transfers) {
        if (transfer.kind != TransferKind::AllGather) continue;
        const HeadSpan heads = pass_.at(static_cast<std::size_t>(transfer.neededBy)).heads;
        Moving& moving = gathered_.emplace_back(Moving{.neededBy = transfer.neededBy});
        moving.sent =
            part_.pool.take({2, k_.size(0), k_.size(1), heads.size(), k_.size(3)}, k_.options());
        moving.sent.tensor()[0].copy_(headsOf(k_, heads));
        moving.sent.tensor()[1].copy_(headsOf(v_, heads));
        moving.received = part_.pool.take(
            {part_.group.size(), 2, k_.size(0), k_.size(1), heads.size(), k_.size(3)},
            k_.options());
        open_.add(transfer,
                  post(part_.group, transfer, moving.received.tensor(), moving.sent.tensor()));
    }
}

void KeyGather::end(const Step& step, const at::Tensor& gradients) {
    open_.complete(Payload::KeyValueGrad, step.index);
    takeSums();
    for (const Transfer& transfer : step.transfers) {
        if (transfer.kind != TransferKind::ReduceScatter) continue;
        const std::vector<std::int64_t> sizes = sliceSizes(gradients, part_.group.size());
        Moving& moving =
            reduced_.emplace(Moving{.neededBy = transfer.neededBy, .heads = step.heads});
        moving.sent = part_.pool.take(sizes, gradients.options());
        copyToSlices(gradients, part_.owned, moving.sent.tensor());
        moving.received = part_.pool.take(at::IntArrayRef(sizes).slice(1), gradients.options());
        open_.add(transfer,
                  post(part_.group, transfer, moving.received.tensor(), moving.sent.tensor()));
    }
    open_.complete(Payload::KeyValueGrad, step.index);
    if (reduced_ && reduced_->neededBy == step.index) takeSums();
}

void KeyGather::finish() {
    open_.complete(Payload::KeyValueGrad, static_cast<int>(pass_.size()));
    takeSums();
}

void KeyGather::takeSums() {
    if (!reduced_) return;
    const at::Tensor& sum = reduced_->received.tensor();
    if (!sums_.defined())
        sums_ = at::empty({2, k_.size(0), k_.size(1), k_.size(2), k_.size(3)}, sum.options());
    headsOf(sums_, reduced_->heads).copy_(sum);
    reduced_.reset();
}

}  // namespace ringscope
