#include "kernels/train/aligned_buffer.h"

#include "kernels/device/async_file.h"

#include <ATen/ops/empty.h>

namespace ringscope {

std::int64_t spaceOf(std::int64_t tensorBytes) {
    constexpr auto unit = static_cast<std::int64_t>(AsyncFile::alignment);
    return (tensorBytes + unit - 1) / unit * unit;
}

AlignedBuffer alignedBuffer(std::int64_t space) {
    constexpr auto unit = static_cast<std::int64_t>(AsyncFile::alignment);
    AlignedBuffer buffer;
    buffer.memory = at::empty({space + unit}, at::TensorOptions(at::kByte));
    const auto address = reinterpret_cast<std::uintptr_t>(buffer.memory.data_ptr());
    const auto skipped = static_cast<std::int64_t>((unit - address % unit) % unit);
    buffer.bytes = buffer.memory.narrow(0, skipped, space);
    return buffer;
}

}  // namespace ringscope
