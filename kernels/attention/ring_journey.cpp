#include "kernels/attention/ring_journey.h"

#include "kernels/attention/partial_result.h"
#include "profiler/trace_place.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

bool sendsGradients(const Step& step) {
    return std::ranges::any_of(step.transfers, [](const Transfer& transfer) {
        return transfer.kind == TransferKind::Send && transfer.payload == Payload::KeyValueGrad;
    });
}

}  // namespace

RingJourney::RingJourney(Group& group, at::Tensor own)
    : group_(group), own_(std::move(own)), keys_(own_) {
    group_.beginBatch();
}

void RingJourney::beginStep(const Step& step) {
    tracePlace().ringStep = step.index;
    open_.complete(Payload::KeyValue, step.index);
    if (const at::Tensor next = arrived(Payload::KeyValue, step.index); next.defined())
        keys_ = next;
    postAll(step, Moment::BeforeBlocks);
    group_.endBatch();
}

void RingJourney::endStep(const Step& step, const std::vector<KeyGradients>& parts) {
    // The gradients sent after the last step have left their buffer, this step's have arrived.
    open_.complete(Payload::KeyValueGrad, step.index);
    gradients_ = arrived(Payload::KeyValueGrad, step.index);
    bringHome(arrived(Payload::KeyValueGrad, step.index, /*ofOwnKeys=*/true));
    const bool sends = sendsGradients(step);
    if (!gradients_.defined() && (sends || !parts.empty()))
        gradients_ = freeBuffer(Payload::KeyValueGrad).zero_();
    addUp(parts);
    if (!sends) bringHome(std::exchange(gradients_, {}));
    group_.beginBatch();
    postAll(step, Moment::AfterBlocks);
}

void RingJourney::addUp(const std::vector<KeyGradients>& parts) {
    for (const KeyGradients& part : parts) {
        rowsOf(gradients_[0], part.keys).add_(part.k);
        rowsOf(gradients_[1], part.keys).add_(part.v);
    }
}

void RingJourney::bringHome(const at::Tensor& gradients) {
    if (!gradients.defined()) return;
    if (home_.defined())
        home_.add_(gradients);
    else
        home_ = gradients;
}

void RingJourney::finish() { group_.endBatch(); }

void RingJourney::postAll(const Step& step, Moment moment) {
    Group* within = nullptr;
    for (const Transfer& transfer : step.transfers) {
        const bool message =
            transfer.kind == TransferKind::Send || transfer.kind == TransferKind::Receive;
        if (transfer.posted != moment || !message) continue;
        if (Group& group = groupOf(group_, transfer); &group != &group_ && within == nullptr) {
            within = &group;
            within->beginBatch();
        }
        at::Tensor buffer = bufferOf(transfer);
        open_.add(transfer, post(group_, transfer, buffer), buffer);
    }
    if (within != nullptr) within->endBatch();
}

at::Tensor RingJourney::bufferOf(const Transfer& transfer) {
    if (transfer.kind == TransferKind::Send)
        return transfer.payload == Payload::KeyValueGrad ? gradients_
               : transfer.ofOwnKeys                      ? own_
                                                         : keys_;
    return arriving_
        .emplace_back(Arriving{transfer.payload, transfer.neededBy, transfer.ofOwnKeys,
                               freeBuffer(transfer.payload)})
        .tensor;
}

at::Tensor RingJourney::freeBuffer(Payload payload) {
    const bool keys = payload == Payload::KeyValue;
    std::vector<at::Tensor>& buffers = keys ? keyBuffers_ : gradientBuffers_;
    for (const at::Tensor& buffer : buffers) {
        const bool held =
            buffer.is_same(keys_) || buffer.is_same(gradients_) || buffer.is_same(home_);
        const bool awaited = std::ranges::any_of(
            arriving_, [&](const Arriving& arriving) { return arriving.tensor.is_same(buffer); });
        if (!held && !awaited && !open_.uses(buffer)) return buffer;
    }
    return buffers.emplace_back(keys ? at::empty_like(own_) : makeGradients());
}

at::Tensor RingJourney::arrived(Payload payload, int index, bool ofOwnKeys) {
    const auto found = std::ranges::find_if(arriving_, [&](const Arriving& arriving) {
        return arriving.payload == payload && arriving.neededBy == index &&
               arriving.ofOwnKeys == ofOwnKeys;
    });
    if (found == arriving_.end()) return {};
    const at::Tensor tensor = found->tensor;
    arriving_.erase(found);
    return tensor;
}

at::Tensor RingJourney::makeGradients() const {
    return at::empty(own_.sizes(), own_.options().dtype(accumulatorType(own_)));
}

}  // namespace ringscope
