#include "kernels/attention/ring_journey.h"

#include "backend/plan/key_rows.h"
#include "backend/plan/step_rows.h"
#include "kernels/device/number_format.h"
#include "profiler/trace_place.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

// Calls `use` with the rows of each part, of `rows` (X, B, n, H, C) whose first one is row
// `firstRow` of the rank's, and with as many numbers of the flat `message`; views.
template <typename Use>
void forParts(const std::vector<KeyRows>& parts, const at::Tensor& rows, std::int64_t firstRow,
              const at::Tensor& message, const Use& use) {
    std::int64_t next = 0;
    for (const KeyRows& part : parts) {
        at::Tensor some =
            rows.slice(2, part.rows.begin - firstRow, part.rows.end - firstRow, part.step)
                .narrow(3, part.heads.begin, part.heads.size());
        at::Tensor numbers = message.narrow(0, next, some.numel()).view(some.sizes());
        next += some.numel();
        use(some, numbers);
    }
}

}  // namespace

RingJourney::RingJourney(Group& group, BufferPool& pool, at::Tensor own)
    : group_(group), pool_(pool), own_(std::move(own)), keys_(own_) {
    group_.beginBatch();
}

void RingJourney::beginStep(const Step& step) {
    tracePlace().ringStep = step.index;
    open_.complete(Payload::KeyValue, step.index);
    holdKeys(arrived(Payload::KeyValue, step.index));
    postAll(step, PostTime::BeforeBlocks, Payload::KeyValue);
    postAll(step, PostTime::BeforeBlocks, Payload::KeyValueGrad);
    group_.endBatch();
}

void RingJourney::endStep(const Step& step, const KeyGradients& part) {
    // The gradients sent after the last step have left their buffer, this step's have arrived.
    open_.complete(Payload::KeyValueGrad, step.index);
    gradients_ = arrived(Payload::KeyValueGrad, step.index).tensor;
    addToOwn(arrived(Payload::KeyValueGrad, step.index, /*ofOwnKeys=*/true));
    const Transfer* sends = messageOf(step, PostTime::AfterBlocks, Payload::KeyValueGrad);
    addUp(part, sends);
    if (sends == nullptr) addToOwn(std::exchange(gradients_, {}));
    // Keys that do not travel ahead go by themselves: they are waited for before the next batch.
    if (messageOf(step, PostTime::AfterBlocks, Payload::KeyValue) != nullptr) {
        group_.beginBatch();
        postAll(step, PostTime::AfterBlocks, Payload::KeyValue);
        group_.endBatch();
    }
    group_.beginBatch();
    postAll(step, PostTime::AfterBlocks, Payload::KeyValueGrad);
}

void RingJourney::holdKeys(const Arriving& message) {
    firstRow_ = 0;
    keys_ = message.tensor.defined() ? message.tensor : own_;
    if (!message.isParts()) return;
    const TokenSpan rows = rowSpan(message.transfer->parts);
    firstRow_ = rows.begin;
    keys_ = at::zeros(sizesOf(rows.size()), own_.options());
    forParts(message.transfer->parts, keys_, firstRow_, message.tensor,
             [](at::Tensor& some, const at::Tensor& numbers) { some.copy_(numbers); });
}

at::Tensor RingJourney::packed(const Transfer& transfer, const at::Tensor& rows,
                               std::int64_t firstRow) {
    at::Tensor message = buffer(transfer);
    forParts(transfer.parts, rows, firstRow, message,
             [](const at::Tensor& some, at::Tensor& numbers) { numbers.copy_(some); });
    return message;
}

// A batch's mask may let the blocks need fewer rows than travel.
at::Tensor RingJourney::packed(const Transfer& transfer, const KeyGradients& part) {
    const TokenSpan rows = rowSpan(transfer.parts);
    at::Tensor gradients = part.packed;
    if (part.keys != rows) {
        gradients = at::zeros(sizesOf(rows.size()), gradientOptions());
        if (part.keys.size() > 0)
            gradients.narrow(2, part.keys.begin - rows.begin, part.keys.size()).copy_(part.packed);
    }
    return packed(transfer, gradients, rows.begin);
}

void RingJourney::addUp(const KeyGradients& part, const Transfer* sends) {
    if (sends != nullptr && !sends->parts.empty()) {
        gradients_ = packed(*sends, part);
        return;
    }
    const bool whole = part.keys.size() == own_.size(2);
    const auto rows = [&] { return gradients_.narrow(2, part.keys.begin, part.keys.size()); };
    if (part.keys.size() == 0) {
        if (sends != nullptr && !gradients_.defined()) gradients_ = buffer(*sends).zero_();
    } else if (gradients_.defined()) {
        rows().add_(part.packed);
    } else if (whole && sends == nullptr) {
        gradients_ = part.packed;
    } else {
        gradients_ = sends != nullptr ? buffer(*sends) : at::empty(own_.sizes(), gradientOptions());
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

void RingJourney::addToOwn(const Arriving& message) {
    if (!message.isParts()) return addToOwn(message.tensor);
    if (!ownGradients_.defined()) ownGradients_ = at::zeros(own_.sizes(), gradientOptions());
    forParts(message.transfer->parts, ownGradients_, 0, message.tensor,
             [](at::Tensor& some, const at::Tensor& numbers) { some.add_(numbers); });
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
    if (transfer.kind == TransferKind::Send) {
        if (gradients) return gradients_;
        if (!transfer.parts.empty()) return packed(transfer, own_, 0);
        return transfer.ofOwnKeys ? own_ : keys_;
    }
    // What is not sent on is the pass's result.
    const bool stays = gradients && !transfer.ofOwnKeys &&
                       messageOf(step, PostTime::AfterBlocks, Payload::KeyValueGrad) == nullptr;
    return arriving_
        .emplace_back(Arriving{
            &transfer, stays ? at::empty(own_.sizes(), gradientOptions()) : buffer(transfer)})
        .tensor;
}

at::Tensor RingJourney::buffer(const Transfer& transfer) {
    giveBackUnused();
    const std::vector<std::int64_t> sizes =
        transfer.parts.empty()
            ? own_.sizes().vec()
            : std::vector{own_.size(0) * own_.size(1) * own_.size(4) * rowCount(transfer.parts)};
    return buffers_
        .emplace_back(pool_.take(
            sizes, transfer.payload == Payload::KeyValueGrad ? gradientOptions() : own_.options()))
        .tensor();
}

std::vector<std::int64_t> RingJourney::sizesOf(std::int64_t rows) const {
    std::vector<std::int64_t> sizes = own_.sizes().vec();
    sizes[2] = rows;
    return sizes;
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

RingJourney::Arriving RingJourney::arrived(Payload payload, int index, bool ofOwnKeys) {
    const auto found = std::ranges::find_if(arriving_, [&](const Arriving& arriving) {
        const Transfer& transfer = *arriving.transfer;
        return transfer.payload == payload && transfer.neededBy == index &&
               transfer.ofOwnKeys == ofOwnKeys;
    });
    if (found == arriving_.end()) return {};
    Arriving what = std::move(*found);
    arriving_.erase(found);
    return what;
}

at::TensorOptions RingJourney::gradientOptions() const {
    return own_.options().dtype(sumType(own_));
}

}  // namespace ringscope
