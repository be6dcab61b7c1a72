// Where tensors wait that the backward pass needs, instead of in memory.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace ringscope {

// What was put last is taken first.
class ActivationStore {
public:
    virtual ~ActivationStore() = default;

    // Has its own copy when it returns.
    virtual void put(const at::Tensor& tensor) = 0;
    virtual at::Tensor take() = 0;
};

}  // namespace ringscope
