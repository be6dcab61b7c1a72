#include "kernels/cuda/cuda_module.h"

#include "kernels/attention/block_kernels.h"
#include "kernels/comm/rendezvous.h"
#include "tests/kernels/attention/reference.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <limits>

namespace ringscope {
namespace {

using testing::distance;
using testing::referenceBackward;
using testing::referenceForward;

TEST(CudaModule, LoadsOnceAndWithoutAGpu) {
    const Result<const CudaModule*> module = loadCudaModule();
    ASSERT_TRUE(module.ok()) << module.error().message;
    EXPECT_EQ(*loadCudaModule(), *module);
}

TEST(CudaModule, SaysThatAGpuIsMissing) {
    ASSERT_TRUE(loadCudaModule().ok());
    const auto meeting = hostMeeting("127.0.0.1");
    ASSERT_TRUE(meeting.ok());
    const auto group = makeGroup(**meeting, {.device = "cuda:99"});
    ASSERT_FALSE(group.ok());
    EXPECT_THAT(group.error().message, ::testing::StartsWith("device cuda:99 is not there: CUDA"));
}

class Gpu : public ::testing::Test {
protected:
    void SetUp() override {
        const Result<const CudaModule*> module = loadCudaModule();
        ASSERT_TRUE(module.ok()) << module.error().message;
        if (!at::hasCUDA()) GTEST_SKIP() << "CUDA finds no GPU";
        kernels = (*module)->blockKernels;
    }
    const BlockKernels* kernels = nullptr;
};

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
            const BlockGradients gradients = kernels->backward(block, output, dOut);
            const BlockOutput expected = referenceForward(block);
            const BlockGradients expectedGradients = referenceBackward(block, dOut);
            EXPECT_LT(distance(output.out, expected.out), tolerance) << type;
            EXPECT_LT(distance(output.lse, expected.lse), tolerance) << type;
            EXPECT_LT(distance(gradients.q, expectedGradients.q), tolerance) << type;
            EXPECT_LT(distance(gradients.k, expectedGradients.k), 4 * tolerance) << type;
            EXPECT_LT(distance(gradients.v, expectedGradients.v), 4 * tolerance) << type;
        }
}

}  // namespace
}  // namespace ringscope
