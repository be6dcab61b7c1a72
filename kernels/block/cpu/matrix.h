// Rows of scalars, as slices of tensors are, and memory for copies of them.
#pragma once

#include <ATen/ops/empty.h>

#include <cstdint>

namespace ringscope {

// Rows of T, `stride` scalars from one to the next.
template <typename T>
struct Matrix {
    T* first = nullptr;
    std::int64_t stride = 0;

    T* row(std::int64_t index) const { return first + index * stride; }
};

// Scalars from the start of a cache line on.
template <typename T>
class LineBuffer {
public:
    explicit LineBuffer(std::int64_t size)
        : tensor_(at::empty({size}, c10::CppTypeToScalarType<T>::value)),
          first_(tensor_.template mutable_data_ptr<T>()) {}

    T* first() const { return first_; }

private:
    at::Tensor tensor_;
    T* first_;
};

}  // namespace ringscope
