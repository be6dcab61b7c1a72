#include "kernels/comm/buffer_pool.h"

#include "kernels/comm/tensor_bytes.h"
#include "profiler/memory_scope.h"

#include <ATen/ops/empty.h>
#include <c10/util/accumulate.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace ringscope {

PooledTensor::PooledTensor(BufferPool& pool, at::Tensor memory, at::IntArrayRef sizes)
    : pool_(&pool), memory_(std::move(memory)), tensor_(memory_.view(sizes)) {}

PooledTensor::PooledTensor(PooledTensor&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      memory_(std::move(other.memory_)),
      tensor_(std::move(other.tensor_)) {}

PooledTensor& PooledTensor::operator=(PooledTensor&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(memory_, other.memory_);
    std::swap(tensor_, other.tensor_);
    return *this;
}

PooledTensor::~PooledTensor() {
    if (pool_ != nullptr) pool_->giveBack(std::move(memory_));
}

PooledTensor BufferPool::take(at::IntArrayRef sizes, const at::TensorOptions& options) {
    const std::int64_t numbers = c10::multiply_integers(sizes);
    const auto found = std::ranges::find_if(unused_, [&](const at::Tensor& memory) {
        return memory.numel() == numbers && memory.dtype() == options.dtype() &&
               memory.device() == options.device();
    });
    at::Tensor memory;
    if (found != unused_.end()) {
        memory = *found;
        unused_.erase(found);
        idle_ -= bytesOf(memory);
    } else {
        makeRoomFor(numbers * static_cast<std::int64_t>(options.dtype().itemsize()));
        const MemoryScope scope(MemoryCategory::Communication);
        memory = at::empty({numbers}, options);
        ++allocations_;
    }
    inUse_ += bytesOf(memory);
    peak_ = std::max(peak_, inUse_);
    return {*this, std::move(memory), sizes};
}

// What lies unused in other sizes goes first.
void BufferPool::makeRoomFor(std::int64_t bytes) {
    if (inUse_ + bytes > limit_)
        throw std::logic_error("communication buffers take " + std::to_string(inUse_ + bytes) +
                               " bytes, the limit is " + std::to_string(limit_) +
                               "; the plan should have seen it");
    while (!unused_.empty() && inUse_ + idle_ + bytes > limit_) {
        idle_ -= bytesOf(unused_.front());
        unused_.erase(unused_.begin());
    }
}

void BufferPool::giveBack(at::Tensor memory) {
    inUse_ -= bytesOf(memory);
    idle_ += bytesOf(memory);
    unused_.push_back(std::move(memory));
}

}  // namespace ringscope
