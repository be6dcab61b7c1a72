// Bytes a tensor's elements take in a message, as the signed number all counters use.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace ringscope {

inline std::int64_t bytesOf(const at::Tensor& tensor) {
    return static_cast<std::int64_t>(tensor.nbytes());
}

}  // namespace ringscope
