#include "kernels/attention/key_gather.h"

#include "kernels/block/row_copies.h"
#include "profiler/trace_place.h"

#include <ATen/ops/empty.h>
#include <stdexcept>
#include <utility>

namespace ringscope {
namespace {

// (P, X, B, n, h, C), a slice for each rank, as (X, B, S, h, C).
at::Tensor inTokenOrder(const at::Tensor& slices, const ShardLayout& owned) {
    at::Tensor whole = at::empty({slices.size(1), slices.size(2), slices.size(0) * slices.size(3),
                                  slices.size(4), slices.size(5)},
                                 slices.options());
    copyToTokenOrder(slices, owned, whole);
    return whole;
}

std::vector<std::int64_t> sliceSizes(const at::Tensor& whole, std::int64_t ranks) {
    return {ranks,         whole.size(0), whole.size(1), whole.size(2) / ranks,
            whole.size(3), whole.size(4)};
}

// Steps of a branch of a pattern count on from those of the branch before.
const Step& stepAt(const std::vector<Step>& pass, int index) {
    return pass.at(static_cast<std::size_t>(index - pass.front().index));
}

at::Tensor headsOf(const at::Tensor& tensor, const HeadSpan& heads) {
    return tensor.narrow(-2, heads.begin, heads.size());
}

}  // namespace

KeyGather::KeyGather(const RankPart& part, const std::vector<Step>& pass, at::Tensor own)
    : part_(part), pass_(pass), own_(std::move(own)) {}

HeadSpan KeyGather::travelling(const HeadSpan& heads) const {
    return part_.expand == nullptr ? heads : HeadSpan{0, 1};
}

at::Tensor KeyGather::begin(const Step& step) {
    tracePlace().ringStep = step.index;
    postGathers(step);
    open_.complete(Payload::KeyValue, step.index);
    const auto held = std::ranges::find(gathered_, step.index, &Moving::neededBy);
    if (held == gathered_.end() && latents_.defined()) return latents_;
    if (held == gathered_.end())
        throw std::logic_error("step " + std::to_string(step.index) + " gathers no keys");
    const at::Tensor keys = inTokenOrder(held->received.tensor(), part_.owned);
    gathered_.erase(held);
    if (part_.expand != nullptr) latents_ = keys;
    return keys;
}

// The heads of a gather are those of the step that needs it.
void KeyGather::postGathers(const Step& step) {
    for (const Transfer& transfer : step.transfers) {
        if (transfer.kind != TransferKind::AllGather) continue;
        const HeadSpan heads = travelling(stepAt(pass_, transfer.neededBy).heads);
        const at::Tensor sent = headsOf(own_, heads);
        Moving& moving = gathered_.emplace_back(Moving{.neededBy = transfer.neededBy});
        moving.sent = part_.pool.take(sent.sizes(), sent.options());
        moving.sent.tensor().copy_(sent);
        std::vector<std::int64_t> sizes = sent.sizes().vec();
        sizes.insert(sizes.begin(), part_.owned.ranks());
        moving.received = part_.pool.take(sizes, sent.options());
        open_.add(transfer,
                  post(part_.group, transfer, moving.received.tensor(), moving.sent.tensor()));
    }
}

void KeyGather::end(const Step& step, const at::Tensor& stepGradients) {
    if (part_.expand != nullptr)
        latentGradients_ =
            latentGradients_.defined() ? latentGradients_.add_(stepGradients) : stepGradients;
    const at::Tensor& gradients = part_.expand == nullptr ? stepGradients : latentGradients_;
    open_.complete(Payload::KeyValueGrad, step.index);
    takeSums();
    for (const Transfer& transfer : step.transfers) {
        if (transfer.kind != TransferKind::ReduceScatter) continue;
        const std::vector<std::int64_t> sizes = sliceSizes(gradients, part_.owned.ranks());
        Moving& moving = reduced_.emplace(
            Moving{.neededBy = transfer.neededBy, .heads = travelling(step.heads)});
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
    open_.complete(Payload::KeyValueGrad, pass_.back().index + 1);
    takeSums();
}

void KeyGather::takeSums() {
    if (!reduced_) return;
    const at::Tensor& sum = reduced_->received.tensor();
    if (!sums_.defined()) sums_ = at::empty(own_.sizes(), sum.options());
    headsOf(sums_, reduced_->heads).copy_(sum);
    reduced_.reset();
}

}  // namespace ringscope
