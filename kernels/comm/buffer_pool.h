// Memory for messages, used again from pass to pass, layer to layer and step to step, and never
// more than a limit.
//
//     BufferPool pool(limit);
//     const PooledTensor keys = pool.take({2, 1, 4096, 8, 64}, options);
//     group.receive(keys.tensor(), previous, Channel::KeyValue);
//
// The plan must make the limit large enough; where it is not, take() throws std::logic_error. A
// pool belongs to one thread at a time and must outlive the tensors it gave out.
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <vector>

namespace ringscope {

class BufferPool;

// A tensor whose memory goes back to its pool when this object is destroyed. Nothing may use the
// memory after that.
class PooledTensor {
public:
    PooledTensor() = default;
    PooledTensor(PooledTensor&& other) noexcept;
    PooledTensor& operator=(PooledTensor&& other) noexcept;
    ~PooledTensor();

    const at::Tensor& tensor() const { return tensor_; }
    at::Tensor& tensor() { return tensor_; }

private:
    friend class BufferPool;
    PooledTensor(BufferPool& pool, at::Tensor memory, at::IntArrayRef sizes);

    BufferPool* pool_ = nullptr;
    at::Tensor memory_;  // flat
    at::Tensor tensor_;
};

class BufferPool {
public:
    explicit BufferPool(std::int64_t limit) : limit_(limit) {}
    BufferPool(const BufferPool&) = delete;
    BufferPool& operator=(const BufferPool&) = delete;

    // Uninitialised, contiguous.
    PooledTensor take(at::IntArrayRef sizes, const at::TensorOptions& options);

    std::int64_t inUse() const { return inUse_; }
    std::int64_t peak() const { return peak_; }         // most bytes in use at once
    std::int64_t made() const { return allocations_; }  // allocations so far

private:
    friend class PooledTensor;
    void giveBack(at::Tensor memory);
    void makeRoomFor(std::int64_t bytes);

    std::int64_t limit_;
    std::int64_t inUse_ = 0;
    std::int64_t idle_ = 0;  // bytes of `unused_`
    std::int64_t peak_ = 0;
    std::int64_t allocations_ = 0;
    std::vector<at::Tensor> unused_;  // the latest last
};

}  // namespace ringscope
