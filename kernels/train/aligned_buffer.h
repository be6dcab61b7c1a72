// Memory that an AsyncFile reads into and writes from.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace ringscope {

// A tensor of `tensorBytes` takes so many in the file.
std::int64_t spaceOf(std::int64_t tensorBytes);

struct AlignedBuffer {
    at::Tensor memory;  // what is allocated
    at::Tensor bytes;   // (space) uint8, a part of it; begins where the file asks for it
};
AlignedBuffer alignedBuffer(std::int64_t space);

}  // namespace ringscope
