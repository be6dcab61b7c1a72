// The same training on a GPU and on a CPU.
#include "kernels/device/cuda_module.h"
#include "tests/kernels/train/training.h"

#include "kernels/comm/rendezvous.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

namespace ringscope {
namespace {

std::vector<double> lossesOn(const char* device, RunConfig config) {
    config.launch.device = c10::Device(device).is_cuda() ? DeviceChoice::Cuda : DeviceChoice::Cpu;
    const RunPlan plan = planRun(config).value();
    const auto rendezvous = hostRendezvous("127.0.0.1", "secret").value();
    const auto group = makeGroup(*rendezvous, {.device = device}).value();
    const auto trainer =
        Trainer::make(plan, *group, test::packedProse(config), c10::Device(device)).value();
    std::vector<double> losses;
    for (std::int64_t step = 0; step < config.train.steps; ++step)
        losses.push_back(trainer->step(step).value().record.loss);
    return losses;
}

// A mode of one rank, under every mask and rule at once.
TEST(GpuTraining, HasTheLossesOfTheCpu) {
    ASSERT_TRUE(loadCudaModule().ok());
    if (!at::hasCUDA()) GTEST_SKIP() << "CUDA finds no GPU";
    for (const auto& [precision, limit] :
         {std::pair{NumberFormat::Fp64, 1e-9}, std::pair{NumberFormat::Fp32, 1e-4}}) {
        RunConfig config = test::smallRun("none", 1);
        config.train.precision = precision;
        config.data.packing = true;
        config.attention.window = 20;
        config.attention.softcap = 20;
        config.attention.dropout = 0.1;
        const std::vector<double> expected = lossesOn("cpu", config);
        const std::vector<double> losses = lossesOn("cuda:0", config);
        ASSERT_EQ(losses.size(), 4U);
        EXPECT_NE(expected[0], expected[3]);
        for (std::size_t step = 0; step < losses.size(); ++step)
            EXPECT_NEAR(losses[step], expected[step], limit * expected[step])
                << nameOf(precision) << ", step " << step;
    }
}

}  // namespace
}  // namespace ringscope
