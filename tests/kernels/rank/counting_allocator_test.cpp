#include "kernels/rank/counting_allocator.h"

#include "kernels/rank/memory_budget.h"
#include "profiler/memory_scope.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <numeric>

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

TEST(CountingAllocator, RefusesWhatWouldPassItsBudget) {
    MemoryMeter& meter = countCpuTensors();
    const Bytes before = meter.current();
    limitCpuTensors(before + Bytes{1'000'000});
    at::Tensor held = at::empty({1'000'000}, at::kByte);
    EXPECT_FALSE(keptRefusal().has_value()) << "the budget itself can be held";
    {
        const PlaceScope place;
        tracePlace() = {.step = 3, .layer = 2, .pass = SpanPass::Forward};
        const MemoryScope scope(MemoryCategory::Gradients);
        EXPECT_THROW(at::empty({100}, at::kByte), BudgetError);
    }
    EXPECT_THROW(at::empty({2'000'000}, at::kByte), BudgetError);
    EXPECT_EQ(meter.current(), before + Bytes{1'000'000}) << "what is refused is not counted";

    const RefusedAllocation refused = keptRefusal().value();
    EXPECT_EQ(refused.asked, Bytes{100}) << "the first one is kept";
    EXPECT_EQ(refused.category, MemoryCategory::Gradients);
    EXPECT_EQ(refused.place.step, 3);
    EXPECT_EQ(refused.place.layer, 2);
    EXPECT_EQ(std::accumulate(refused.live.begin(), refused.live.end(), std::int64_t{0}),
              meter.current().count);

    held.reset();
    EXPECT_NO_THROW(at::empty({100}, at::kByte));
    limitCpuTensors(std::nullopt);
    EXPECT_NO_THROW(at::empty({2'000'000}, at::kByte));
    EXPECT_FALSE(keptRefusal().has_value());
}

// What was allocated on the way is given back.
TEST(CountingAllocator, RefusesInsideAComputationAndItsBackwardPass) {
    MemoryMeter& meter = countCpuTensors();
    const Bytes before = meter.current();
    bool backward = false;
    const auto run = [&](std::optional<Bytes> budget) {
        limitCpuTensors(budget);
        backward = false;
        const at::Tensor x = at::ones({64, 64}).requires_grad_(true);
        const at::Tensor sum = at::gelu(at::matmul(x, x)).sum();
        backward = true;
        sum.backward();
    };
    meter.restartPeak();
    run(std::nullopt);
    const std::int64_t peak = meter.peak().count - before.count;
    EXPECT_NO_THROW(run(before + Bytes{peak}));
    for (const std::int64_t budget : {std::int64_t{0}, peak / 4, peak / 2, peak - 1}) {
        EXPECT_THROW(run(before + Bytes{budget}), BudgetError) << budget << " of " << peak;
        EXPECT_TRUE(keptRefusal().has_value());
        EXPECT_EQ(meter.current(), before);
    }
    EXPECT_TRUE(backward) << "the last one is refused there";
    limitCpuTensors(std::nullopt);
}

TEST(CountingAllocator, RefusesOnThreadsOfAParallelLoop) {
    countCpuTensors();
    const int threads = at::get_num_threads();
    at::set_num_threads(2);
    limitCpuTensors(countCpuTensors().current() + Bytes{1000});
    EXPECT_THROW(at::parallel_for(0, 4, 1,
                                  [](std::int64_t, std::int64_t) {
                                      static_cast<void>(at::empty({5000}, at::kByte));
                                  }),
                 std::exception);
    EXPECT_TRUE(keptRefusal().has_value());
    limitCpuTensors(std::nullopt);
    at::set_num_threads(threads);
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
