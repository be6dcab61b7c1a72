#include "kernels/attention/ring_journey.h"

#include "kernels/device/number_format.h"
#include "profiler/trace_place.h"

#include <ATen/ops/empty.h>
#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

bool isMessage(const Transfer& transfer) {
    return transfer.kind == TransferKind::Send || transfer.kind == TransferKind::Receive;
}

bool posts(const Step& step, PostTime time, Payload payload) {
    return std::ranges::any_of(step.transfers, [&](const Transfer& transfer) {
        return transfer.posted == time && transfer.payload == payload && isMessage(transfer);
    });
}

}  // namespace

RingJourney::RingJourney(Group& group, BufferPool& pool, at::Tensor own)
    : group_(group), pool_(pool), own_(std::move(own)), keys_(own_) {
    group_.beginBatch();
}

void RingJourney::beginStep(const Step& step) {
    tracePlace().ringStep = step.index;
    open_.complete(Payload::KeyValue, step.index);
    const at::Tensor next = arrived(Payload::KeyValue, step.index);
    keys_ = next.defined() ? next : own_;
    postAll(step, PostTime::BeforeBlocks, Payload::KeyValue);
    postAll(step, PostTime::BeforeBlocks, Payload::KeyValueGrad);
    group_.endBatch();
}

void RingJourney::endStep(const Step& step, const KeyGradients& part) {
    // The gradients sent after the last step have left their buffer, this step's have arrived.
    open_.complete(Payload::KeyValueGrad, step.index);
    gradients_ = arrived(Payload::KeyValueGrad, step.index);
    addToOwn(arrived(Payload::KeyValueGrad, step.index, /*ofOwnKeys=*/true));
    const bool sends = posts(step, PostTime::AfterBlocks, Payload::KeyValueGrad);
    addUp(part, sends);
    if (!sends) addToOwn(std::exchange(gradients_, {}));
    // Keys that do not travel ahead go by themselves: they are waited for before the next batch.
    if (posts(step, PostTime::AfterBlocks, Payload::KeyValue)) {
        group_.beginBatch();
        postAll(step, PostTime::AfterBlocks, Payload::KeyValue);
        group_.endBatch();
    }
    group_.beginBatch();
    postAll(step, PostTime::AfterBlocks, Payload::KeyValueGrad);
}

void RingJourney::addUp(const KeyGradients& part, bool sends) {
    const bool whole = part.keys.size() == own_.size(2);
    const auto rows = [&] { return gradients_.narrow(2, part.keys.begin, part.keys.size()); };
    if (part.keys.size() == 0) {
        if (sends && !gradients_.defined()) gradients_ = buffer(gradientOptions()).zero_();
    } else if (gradients_.defined()) {
        rows().add_(part.packed);
    } else if (whole && !sends) {
        gradients_ = part.packed;
    } else {
        gradients_ = sends ? buffer(gradientOptions()) : at::empty(own_.sizes(), gradientOptions());
        if (!whole) gradients_.zero_();
        rows().copy_(part.packed);
    }
}

void RingJourney::addToOwn(const at::Tensor& gradients) {
    if (!gradients.defined()) return;
    if (ownGradients_.defined())
        ownGradients_.add_(gradients);
    else if (isPooled(gradients))
        ownGradients_ = gradients.clone();
    else
        ownGradients_ = gradients;
}

void RingJourney::finish() { group_.endBatch(); }

void RingJourney::postAll(const Step& step, PostTime time, Payload payload) {
    Group* within = nullptr;
    for (const Transfer& transfer : step.transfers) {
        if (transfer.posted != time || transfer.payload != payload || !isMessage(transfer))
            continue;
        if (Group& group = groupOf(group_, transfer); &group != &group_ && within == nullptr) {
            within = &group;
            within->beginBatch();
        }
        at::Tensor buffer = bufferOf(step, transfer);
        open_.add(transfer, post(group_, transfer, buffer), buffer);
    }
    if (within != nullptr) within->endBatch();
}

at::Tensor RingJourney::bufferOf(const Step& step, const Transfer& transfer) {
    const bool gradients = transfer.payload == Payload::KeyValueGrad;
    if (transfer.kind == TransferKind::Send)
        return gradients ? gradients_ : transfer.ofOwnKeys ? own_ : keys_;
    // What is not sent on is the pass's result.
    const bool stays = gradients && !transfer.ofOwnKeys &&
                       !posts(step, PostTime::AfterBlocks, Payload::KeyValueGrad);
    const at::TensorOptions options = gradients ? gradientOptions() : own_.options();
    return arriving_
        .emplace_back(Arriving{transfer.payload, transfer.neededBy, transfer.ofOwnKeys,
                               stays ? at::empty(own_.sizes(), options) : buffer(options)})
        .tensor;
}

at::Tensor RingJourney::buffer(const at::TensorOptions& options) {
    giveBackUnused();
    return buffers_.emplace_back(pool_.take(own_.sizes(), options)).tensor();
}

void RingJourney::giveBackUnused() {
    std::erase_if(buffers_, [&](const PooledTensor& buffer) {
        const at::Tensor& tensor = buffer.tensor();
        const bool held = tensor.is_same(keys_) || tensor.is_same(gradients_);
        const bool awaited = std::ranges::any_of(
            arriving_, [&](const Arriving& arriving) { return arriving.tensor.is_same(tensor); });
        return !held && !awaited && !open_.uses(tensor);
    });
}

bool RingJourney::isPooled(const at::Tensor& tensor) const {
    return std::ranges::any_of(
        buffers_, [&](const PooledTensor& buffer) { return buffer.tensor().is_same(tensor); });
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

at::TensorOptions RingJourney::gradientOptions() const {
    return own_.options().dtype(sumType(own_));
}

}  // namespace ringscope
