#include "kernels/device/cuda_module.h"

#include "kernels/block/block_kernels.h"
#include "kernels/block/gpu/gpu_kernels.h"
#include "kernels/block/gpu/tiled_gpu_attention.h"
#include "kernels/block/row_copies.h"
#include "kernels/comm/rendezvous.h"
#include "tests/kernels/attention/reference.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <limits>

namespace ringscope {
namespace {

using test::distance;
using test::referenceBackward;
using test::referenceForward;

TEST(CudaModule, LoadsOnceAndWithoutAGpu) {
    const Result<const CudaModule*> module = loadCudaModule();
    ASSERT_TRUE(module.ok()) << module.error().message;
    EXPECT_EQ(*loadCudaModule(), *module);
}

TEST(CudaModule, SaysThatAGpuIsMissing) {
    ASSERT_TRUE(loadCudaModule().ok());
    const auto rendezvous = hostRendezvous("127.0.0.1", "secret");
    ASSERT_TRUE(rendezvous.ok());
    const auto group = makeGroup(**rendezvous, {.device = "cuda:99"});
    ASSERT_FALSE(group.ok());
    EXPECT_THAT(group.error().message, ::testing::StartsWith("device cuda:99 is not there: CUDA"));
}

TEST(CudaModule, SaysWhyAllocationsAreNotRecordedWithoutAGpu) {
    const Result<const CudaModule*> module = loadCudaModule();
    ASSERT_TRUE(module.ok()) << module.error().message;
    if (at::hasCUDA()) GTEST_SKIP() << "there is a GPU";
    const Result<void> watching = (*module)->watchTensors([](const DeviceMemoryEvent&) {});
    ASSERT_FALSE(watching.ok());
    EXPECT_THAT(watching.error().message,
                ::testing::StartsWith("the allocations of GPU tensors cannot be recorded: "));
}

class Gpu : public ::testing::Test {
protected:
    void SetUp() override {
        const Result<const CudaModule*> module = loadCudaModule();
        ASSERT_TRUE(module.ok()) << module.error().message;
        if (!at::hasCUDA()) GTEST_SKIP() << "CUDA finds no GPU";
        own = (*module)->kernels->run;
    }
    const BlockKernels* kernels = &gpuBlockKernels;
    RunAttention own = nullptr;
};

BlockInput onGpu(BlockInput block) {
    for (at::Tensor* tensor : {&block.q, &block.k, &block.v}) *tensor = tensor->cuda();
    return block;
}

double toleranceOf(at::ScalarType type) {
    switch (type) {
        case at::kDouble:
            return 1e-11;
        case at::kFloat:
            return 1e-4;
        default:
            return type == at::kHalf ? 1e-2 : 6e-2;
    }
}

void expectLike(const BlockOutput& output, const BlockOutput& expected, double limit,
                const std::string& what) {
    EXPECT_LT(distance(output.out.cpu(), expected.out), limit) << what;
    const at::Tensor lse = output.lse.cpu();
    const at::Tensor seen = at::isfinite(lse);
    EXPECT_TRUE(at::equal(at::isneginf(lse), expected.lse.le(-1e29))) << what;
    EXPECT_LT(distance(at::where(seen, lse, 0), at::where(seen, expected.lse, 0)), limit) << what;
}

BlockGradients gradientsBy(const BlockKernels& kernels, const BlockInput& block,
                           const BlockOutput& whole, const at::Tensor& dOut) {
    const BlockGradients sums = test::emptySums(block);
    kernels.addGradients(block, whole, dOut, sums);
    return sums;
}

void expectLike(const BlockGradients& gradients, const BlockGradients& expected, double limit,
                const std::string& what) {
    EXPECT_LT(distance(gradients.q.cpu(), expected.q), limit) << what;
    EXPECT_LT(distance(gradients.k.cpu(), expected.k), 4 * limit) << what;
    EXPECT_LT(distance(gradients.v.cpu(), expected.v), 4 * limit) << what;
}

struct Feature {
    const char* name;
    AttentionMask mask{};
    ScoreRules rules{};
};

std::vector<Feature> features() {
    const std::vector<std::int64_t> documents = {0, 1, 70, 71, 160, 700, 5000};
    return {{"causal", {}},
            {"both ways", {.causal = false}},
            {"window", {.left = 100}},
            {"window both ways", {.causal = false, .left = 70, .right = 20}},
            {"documents", {.documents = documents}},
            {"window in documents", {.left = 66, .documents = documents}},
            {"scale", {}, {.scale = 0.5}},
            {"soft-cap", {}, {.softcap = 1.5}},
            {"ALiBi", {}, {.alibiHeads = 12, .firstHead = 7}},
            {"dropout", {}, {.dropout = 0.2, .dropoutSeed = 11}},
            {"all",
             {.left = 66, .documents = documents},
             {.scale = 0.5, .softcap = 3.0, .alibiHeads = 4, .dropout = 0.1, .dropoutSeed = 5}}};
}

TEST_F(Gpu, ReportsTheMemoryOfEveryTensor) {
    // The allocator tells it to the end of the process.
    static std::vector<DeviceMemoryEvent> events;
    ASSERT_TRUE((*loadCudaModule())
                    ->watchTensors([](const DeviceMemoryEvent& event) { events.push_back(event); })
                    .ok());
    events.clear();
    { const at::Tensor tensor = at::empty({1'000}, at::device(at::kCUDA).dtype(at::kFloat)); }
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].kind, DeviceMemoryEvent::Kind::Taken);
    EXPECT_EQ(events[0].bytes, 4'000);
    EXPECT_EQ(events[1].kind, DeviceMemoryEvent::Kind::GivenBack);
    EXPECT_EQ(events[1].address, events[0].address);
}

TEST_F(Gpu, MergesAsTheCpuDoes) {
    at::manual_seed(1);
    const double infinity = std::numeric_limits<double>::infinity();
    for (at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf}) {
        for (double delta : {0.0, 200.0, -200.0, -infinity}) {
            at::Tensor out = at::randn({2, 9, 3, 40});
            at::Tensor lse = at::randn({2, 9, 3});
            const BlockOutput part{at::randn({9, 2, 3, 40}).to(type).transpose(0, 1),
                                   at::randn({2, 9, 3}) + delta};
            at::Tensor outThere = out.cuda();
            at::Tensor lseThere = lse.cuda();
            kernels->merge(outThere, lseThere, {part.out.cuda(), part.lse.cuda()});
            cpuBlockKernels.merge(out, lse, part);
            EXPECT_LT(distance(outThere.cpu(), out), 1e-6) << type << " " << delta;
            EXPECT_LT(distance(lseThere.cpu(), lse), 1e-5) << type << " " << delta;
        }
    }
}

TEST_F(Gpu, CopiesRowsAsTheCpuDoes) {
    at::manual_seed(5);
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
        for (const std::int64_t headDim : {5, 64}) {
            const ShardLayout owned = stripedLayout({.worldSize = 3, .tokens = 600}).value();
            const at::Tensor slices = at::randn({3, 2, 2, 200, 4, headDim}).to(type);
            at::Tensor whole = at::zeros({2, 2, 600, 4, headDim}, slices.options());
            copyToTokenOrder(slices, owned, whole);
            at::Tensor there = at::zeros_like(whole.cuda());
            copyToTokenOrder(slices.cuda(), owned, there);
            EXPECT_TRUE(at::equal(there.cpu(), whole)) << type << " " << headDim;
            at::Tensor back = at::zeros_like(slices.cuda());
            copyToSlices(there, owned, back);
            EXPECT_TRUE(at::equal(back.cpu(), slices)) << type << " " << headDim;
        }
}

TEST_F(Gpu, AttendsBlocksInEveryType) {
    at::manual_seed(2);
    for (const auto& [type, tolerance] :
         {std::pair{at::kFloat, 1e-4}, std::pair{at::kBFloat16, 6e-2}, std::pair{at::kHalf, 1e-2}})
        for (MaskKind mask : {MaskKind::Full, MaskKind::Causal}) {
            const auto random = [&](std::int64_t heads) {
                return at::randn({2, 72, heads, 32}).to(type).cuda();
            };
            const BlockInput block{random(4), random(2), random(2), mask};
            const at::Tensor dOut = random(4);
            const BlockOutput output = kernels->forward(block);
            const BlockGradients gradients = gradientsBy(*kernels, block, output, dOut);
            const BlockOutput expected = referenceForward(block);
            const BlockGradients expectedGradients = referenceBackward(block, dOut);
            EXPECT_LT(distance(output.out, expected.out), tolerance) << type;
            EXPECT_LT(distance(output.lse, expected.lse), tolerance) << type;
            EXPECT_LT(distance(gradients.q, expectedGradients.q), tolerance) << type;
            EXPECT_LT(distance(gradients.k, expectedGradients.k), 4 * tolerance) << type;
            EXPECT_LT(distance(gradients.v, expectedGradients.v), 4 * tolerance) << type;
        }
}

// Every mask and rule, with heads that the platform's kernels take and with others.
TEST_F(Gpu, AttendsUnderEveryMaskAndRuleInEveryType) {
    at::manual_seed(3);
    for (at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf, at::kDouble})
        for (const std::int64_t headDim : {64, 20, 256})
            for (const Feature& feature : features()) {
                const auto random = [&](std::int64_t rows, std::int64_t heads) {
                    return at::randn({2, rows, heads, headDim}).to(type);
                };
                BlockInput block{random(300, 4), random(290, 2), random(290, 2)};
                block.mask = MaskKind::Positions;
                block.rules = feature.rules;
                block.rules.mask = &feature.mask;
                block.queryTokens = {30, 1};
                const std::string what = std::string(feature.name) + ", heads of " +
                                         std::to_string(headDim) + ", " + c10::toString(type);
                const at::Tensor dOut = random(300, 4);
                const BlockInput there = onGpu(block);
                const BlockOutput output = kernels->forward(there);
                expectLike(output, referenceForward(block), toleranceOf(type), what);
                expectLike(gradientsBy(*kernels, there, output, dOut.cuda()),
                           referenceBackward(block, dOut), toleranceOf(type), what);
            }
}

// Our own kernel alone, against the CPU's: both sum in fp32, so two bytes are no excuse.
TEST_F(Gpu, HasAKernelOfItsOwnThatAgreesWithTheCpus) {
    at::manual_seed(4);
    for (at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf, at::kDouble})
        for (MaskKind mask : {MaskKind::Full, MaskKind::Causal})
            for (const Feature& feature : features()) {
                const auto random = [&](std::int64_t heads) {
                    return at::randn({2, 130, heads, 72}).to(type);
                };
                BlockInput block{random(4), random(2), random(2), mask, feature.rules};
                const double limit = type == at::kDouble ? 1e-11 : 1e-4;
                const at::Tensor dOut = random(4);
                const BlockInput there = onGpu(block);
                const BlockOutput output = tiledGpuForward(there, {}, own);
                const BlockOutput expected = cpuBlockKernels.forward(block);
                expectLike(output, expected, limit, feature.name);
                const auto gradients = tiledGpuBackward(there, {}, output, dOut.cuda(), own);
                expectLike(gradients, gradientsBy(cpuBlockKernels, block, expected, dOut), limit,
                           feature.name);
                const auto again = tiledGpuBackward(there, {}, output, dOut.cuda(), own);
                EXPECT_TRUE(at::equal(gradients.q, again.q)) << "from run to run";
                EXPECT_TRUE(at::equal(gradients.k, again.k)) << "from run to run";
                EXPECT_TRUE(at::equal(gradients.v, again.v)) << "from run to run";
            }
}

}  // namespace
}  // namespace ringscope
