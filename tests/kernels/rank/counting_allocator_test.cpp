#include "kernels/rank/counting_allocator.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace ringscope {
namespace {

TEST(CountingAllocator, CountsTheBytesOfLiveTensors) {
    MemoryMeter& meter = countCpuTensors();
    const Bytes before = meter.current();
    {
        const at::Tensor tensor = at::empty({1000, 25}, at::kFloat);
        const at::Tensor view = tensor.narrow(0, 0, 10);
        EXPECT_EQ(meter.current().count - before.count, 100'000);
    }
    EXPECT_EQ(meter.current(), before);
}

TEST(CountingAllocator, RemembersThePeakOfAComputation) {
    MemoryMeter& meter = countCpuTensors();
    meter.restartPeak();
    const std::int64_t before = meter.current().count;
    const at::Tensor left = at::ones({64, 64}, at::kFloat);
    const at::Tensor sum = at::add(at::add(left, left), left);  // one temporary
    EXPECT_EQ(meter.peak().count - before, 3 * 64 * 64 * 4);
    EXPECT_EQ(meter.current().count - before, 2 * 64 * 64 * 4);
}

TEST(CountingAllocator, KeepsTensorsAlignedAndResizable) {
    countCpuTensors();
    at::Tensor tensor = at::arange(10, at::kFloat);
    for (const std::int64_t size : {1, 3, 1000, 1'000'000}) {
        tensor.resize_({size});
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.const_data_ptr()) % 64, 0U);
        EXPECT_EQ(tensor[0].item<float>(), 0);
    }
    EXPECT_EQ(at::empty({0}).numel(), 0);
}

}  // namespace
}  // namespace ringscope
