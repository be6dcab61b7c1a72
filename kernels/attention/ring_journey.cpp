#include "kernels/attention/ring_journey.h"

#include "kernels/attention/partial_result.h"
#include "profiler/trace_place.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <utility>

namespace ringscope {

RingJourney::RingJourney(Group& group, at::Tensor own)
    : group_(group), own_(std::move(own)), keys_(own_) {
    group_.beginBatch();
}

void RingJourney::beginStep(const Step& step) {
    tracePlace().ringStep = step.index;
    open_.complete(Payload::KeyValue, step.index);
    if (nextKeys_.defined()) {
        if (!keys_.is_same(own_)) spareKeys_ = keys_;
        keys_ = std::exchange(nextKeys_, at::Tensor());
    }
    postAll(step, Moment::BeforeBlocks);
    group_.endBatch();
}

void RingJourney::endStep(const Step& step, const std::vector<KeyGradients>& parts) {
    // The gradients sent after the last step have left their buffer, this step's have arrived.
    open_.complete(Payload::KeyValueGrad, step.index);
    if (nextGradients_.defined()) {
        spareGradients_ = gradients_;
        gradients_ = std::exchange(nextGradients_, at::Tensor());
    } else if (!gradients_.defined() && !parts.empty()) {
        gradients_ = at::zeros(own_.sizes(), own_.options().dtype(accumulatorType(own_)));
    }
    for (const KeyGradients& part : parts) {
        rowsOf(gradients_[0], part.keys).add_(part.k);
        rowsOf(gradients_[1], part.keys).add_(part.v);
    }
    group_.beginBatch();
    postAll(step, Moment::AfterBlocks);
}

void RingJourney::finish() { group_.endBatch(); }

void RingJourney::postAll(const Step& step, Moment moment) {
    for (const Transfer& transfer : step.transfers)
        if (transfer.posted == moment)
            open_.add(transfer, post(group_, transfer, bufferOf(transfer)));
}

at::Tensor& RingJourney::bufferOf(const Transfer& transfer) {
    const bool sent = transfer.kind == TransferKind::Send;
    if (transfer.payload == Payload::KeyValue) {
        if (sent) return keys_;
        nextKeys_ =
            spareKeys_.defined() ? std::exchange(spareKeys_, at::Tensor()) : at::empty_like(own_);
        return nextKeys_;
    }
    if (sent) return gradients_;
    nextGradients_ = spareGradients_.defined()
                         ? std::exchange(spareGradients_, at::Tensor())
                         : at::empty(own_.sizes(), own_.options().dtype(accumulatorType(own_)));
    return nextGradients_;
}

}  // namespace ringscope
