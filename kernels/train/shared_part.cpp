#include "kernels/train/shared_part.h"

#include "kernels/device/tensor_memory.h"
#include "profiler/memory_scope.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <utility>

namespace ringscope {

SharedPart::SharedPart(const Parameters& parameters, const BufferPart& part, Group& group,
                       std::int64_t level, const ValueRecord& record)
    : parameters_(parameters),
      span_(part),
      group_(group),
      level_(group.size() == 1 ? 0 : level),
      record_(record),
      values_(parameters.values(part)),
      gradients_(parameters.gradients(part)) {
    if (isInFile()) writeInitialValues();
    if (group.size() == 1) {
        holdAll();
        slice_ = gradients_;
        return;
    }
    const auto [begin, count] = slice();
    if (dividesValues() && !isInFile())
        ownValues_ = allocatedFor(MemoryCategory::Parameters,
                                  [&] { return parameters_.initialValues(begin, count); });
    if (isFrozen()) return;
    const MemoryCategory sums =
        dividesGradients() ? MemoryCategory::Gradients : MemoryCategory::Communication;
    slice_ = allocatedFor(sums, [&] { return at::empty({count}, gradients_.options()); });
    if (level_ == 0 || dividesValues()) return;
    const bool sameType = parameters.areExact();
    outgoing_ = sameType ? slice_  // never in use at the same time
                         : allocatedFor(MemoryCategory::Communication,
                                        [&] { return at::empty({count}, values_.options()); });
}

void SharedPart::holdAll() {
    if (!hasMemory(values_) && !isInFile()) {
        const MemoryScope scope(MemoryCategory::Parameters);
        takeMemory(values_);
        values_.copy_(parameters_.initialValues(span_.begin, span_.count));
    }
    if (isFrozen()) return;
    const MemoryScope scope(MemoryCategory::Gradients);
    takeMemory(gradients_);
}

void SharedPart::writeInitialValues() {
    const auto [begin, count] = owned();
    const at::Tensor bytes = record_.file->create(record_.index);
    bytes.view(values_.scalar_type()).copy_(parameters_.initialValues(begin, count));
    record_.file->store(record_.index);
}

// On the CPU.
at::Tensor SharedPart::readRecord() {
    return record_.file->open(record_.index).view(values_.scalar_type());
}

BufferPart SharedPart::slice() const {
    const std::int64_t count = span_.count / group_.size();
    return {span_.begin + group_.rank() * count, count};
}

BufferPart SharedPart::owned() const { return level_ == 0 ? span_ : slice(); }

at::Tensor SharedPart::ofSlice(const at::Tensor& whole) const {
    const auto [begin, count] = slice();
    return whole.narrow(0, begin - span_.begin, count);
}

void SharedPart::readAhead() {
    if (isInFile() && !gathering_ && !hasMemory(values_)) record_.file->fetch(record_.index);
}

void SharedPart::fetchValues() {
    if (!comeAndGo() || gathering_ || hasMemory(values_)) return;
    const PurposeScope purpose(group_, Purpose::Gradient);
    const MemoryScope scope(MemoryCategory::Parameters);
    if (isInFile()) ownValues_ = readRecord().to(values_.device());
    takeMemory(values_);
    if (dividesValues()) {
        gathering_ = group_.allGather(values_, ownValues_);
        return;
    }
    values_.copy_(ownValues_);
    closeValues();
}

void SharedPart::useValues() {
    fetchValues();
    if (const std::unique_ptr<Pending> gathering = std::exchange(gathering_, nullptr)) {
        gathering->wait();
        closeValues();
    }
}

void SharedPart::dropValues() {
    if (comeAndGo()) dropMemory(values_);
}

void SharedPart::clearGradients() {
    summed_ = false;
    if (!dividesGradients()) gradients_.zero_();
}

void SharedPart::openGradients() {
    if (isFrozen() || !dividesGradients() || hasMemory(gradients_)) return;
    const MemoryScope scope(MemoryCategory::Gradients);
    takeMemory(gradients_);
    gradients_.zero_();
}

void SharedPart::closeGradients() {
    if (isFrozen() || !dividesGradients()) return;
    const PurposeScope purpose(group_, Purpose::Gradient);
    const MemoryScope scope(MemoryCategory::Communication);
    incoming_ = summed_ ? at::empty_like(slice_) : slice_;
    reducing_ = group_.reduceScatterSum(incoming_, gradients_);
}

void SharedPart::settleGradients() {
    const std::unique_ptr<Pending> reducing = std::exchange(reducing_, nullptr);
    if (!reducing) return;
    reducing->wait();
    if (std::exchange(summed_, true)) slice_.add_(incoming_);
    incoming_ = at::Tensor();
    dropMemory(gradients_);
}

const at::Tensor& SharedPart::summedSlice() {
    if (group_.size() == 1 || dividesGradients()) return slice_;
    const PurposeScope purpose(group_, Purpose::Gradient);
    group_.reduceScatterSum(slice_, gradients_)->wait();
    if (level_ == 0) {
        at::Tensor all = gradients_;
        group_.allGather(all, slice_)->wait();
    }
    return slice_;
}

at::Tensor SharedPart::summedGradient() const { return level_ == 0 ? gradients_ : slice_; }

at::Tensor SharedPart::openValues() {
    if (isInFile()) return ownValues_ = readRecord().to(values_.device());
    if (level_ == 0) return values_;
    return dividesValues() ? ownValues_ : ofSlice(values_);
}

void SharedPart::storeValues() {
    if (!isInFile()) return;
    if (!ownValues_.is_cpu()) readRecord().copy_(ownValues_);
    ownValues_ = at::Tensor();
    record_.file->store(record_.index);
}

void SharedPart::closeValues() {
    if (!isInFile()) return;
    ownValues_ = at::Tensor();
    record_.file->drop(record_.index);
}

void SharedPart::shareValues() {
    if (level_ == 0 || dividesValues()) return;
    const PurposeScope purpose(group_, Purpose::Gradient);
    outgoing_.copy_(ofSlice(values_));
    at::Tensor all = values_;
    group_.allGather(all, outgoing_)->wait();
}

}  // namespace ringscope
