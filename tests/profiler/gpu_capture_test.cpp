// A real kernel and a real copy. Skipped with the reason where there is no GPU.
#include "profiler/cupti_capture.h"

#include "profiler/span_recorder.h"
#include "tests/support/program.h"

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

namespace ringscope {

cudaError_t launchTinyKernel(float* values, int count);  // tiny_kernel.cu

namespace {

class GpuCapture : public ::testing::Test {
protected:
    void SetUp() override {
        int devices = 0;
        if (const cudaError_t found = cudaGetDeviceCount(&devices);
            found != cudaSuccess || devices == 0)
            GTEST_SKIP() << "CUDA finds no GPU: " << cudaGetErrorString(found);
        ASSERT_EQ(cudaMalloc(reinterpret_cast<void**>(&values), bytes), cudaSuccess);
    }
    void TearDown() override { cudaFree(values); }

    static constexpr int count = 1024;
    static constexpr std::size_t bytes = count * sizeof(float);
    float* values = nullptr;
    test::TemporaryFolder folder;
};

TEST_F(GpuCapture, SeesAKernelAndACopyWhereTheyWereAskedFor) {
    const auto recorder = SpanRecorder::start(folder.path() / "rank.trace", {}).value();
    auto capture = CuptiCapture::start();
    ASSERT_TRUE(capture.ok()) << capture.error().message;
    recorder->resume();
    const SpanTag block{.kind = SpanKind::Attention,
                        .operation = Operation::Block,
                        .pass = SpanPass::Forward,
                        .step = 3,
                        .layer = 2,
                        .ringStep = 1};
    const std::vector<float> host(count);
    const std::int64_t before = monotonicNow();
    {
        const ScopedSpan span(block);
        ASSERT_EQ(cudaMemcpyAsync(values, host.data(), bytes, cudaMemcpyHostToDevice, nullptr),
                  cudaSuccess);
        ASSERT_EQ(launchTinyKernel(values, count), cudaSuccess);
    }
    ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    const std::int64_t after = monotonicNow();
    const Result<GpuActivity> activity = (*capture)->stop();
    ASSERT_TRUE(activity.ok()) << activity.error().message;

    EXPECT_EQ(activity->counts.kernels, 1U);
    EXPECT_EQ(activity->counts.copies, 1U);
    EXPECT_EQ(activity->counts.unplaced, 0U);
    // Interpolation of the GPU's clock may be off by microseconds, not by another clock's epoch.
    constexpr std::int64_t tolerance = 1'000'000;
    bool kernelSeen = false;
    for (const GpuStream& stream : activity->streams)
        for (const Span& span : stream.spans) {
            EXPECT_GE(span.begin(), before - tolerance);
            EXPECT_LE(span.end(), after + tolerance);
            EXPECT_EQ(span.layer(), block.layer);
            EXPECT_EQ(span.step(), block.step);
            if (span.kind() == SpanKind::Attention) {
                kernelSeen = true;
                EXPECT_EQ(span.tag(), block);
            } else {
                EXPECT_EQ(span.operation(), Operation::MemoryCopy);
                EXPECT_EQ(span.bytes(), static_cast<std::int64_t>(bytes));
            }
        }
    EXPECT_TRUE(kernelSeen);
}

TEST_F(GpuCapture, SeesMemoryThatWasTakenBeforeItBeganAndWhile) {
    constexpr std::int64_t mib = 1 << 20;
    const Result<void> watching = CuptiCapture::watchMemory();
    ASSERT_TRUE(watching.ok()) << watching.error().message;
    void* before = nullptr;
    void* during = nullptr;
    ASSERT_EQ(cudaMalloc(&before, 3 * mib), cudaSuccess);
    auto capture = CuptiCapture::start();
    ASSERT_TRUE(capture.ok()) << capture.error().message;
    const std::int64_t begin = monotonicNow();
    ASSERT_EQ(cudaMalloc(&during, 5 * mib), cudaSuccess);
    ASSERT_EQ(cudaFree(during), cudaSuccess);
    const Result<GpuActivity> activity = (*capture)->stop();
    ASSERT_TRUE(activity.ok()) << activity.error().message;
    cudaFree(before);
    const auto of = [&](std::int64_t size) {
        std::vector<Allocation> found;
        for (const Allocation& one : activity->memory.segments)
            if (one.bytes == size) found.push_back(one);
        return found;
    };
    ASSERT_EQ(of(3 * mib).size(), 1U);
    EXPECT_LE(of(3 * mib)[0].begin, begin);
    EXPECT_EQ(of(3 * mib)[0].end, Allocation::heldToTheEnd);
    ASSERT_EQ(of(5 * mib).size(), 1U);
    EXPECT_LT(of(5 * mib)[0].end, Allocation::heldToTheEnd);
    EXPECT_EQ(activity->memory.broken, 0U);
}

}  // namespace
}  // namespace ringscope
