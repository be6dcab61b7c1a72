// Every mode with the attention of a GPU: this program has block kernels of its own in place of the
// CPU's, so that the executors run over pieces and the twin.
#include "kernels/block/block_kernels.h"
#include "kernels/block/gpu/piecewise_attention.h"
#include "tests/kernels/attention/conformance.h"
#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/cuda/host_gpu.h"
#include "tests/support/covering.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ringscope {

// The linker takes this one and leaves cpu_kernels.cpp where it is.
const BlockKernels cpuBlockKernels{
    .forward = [](const BlockInput& block) { return piecewiseForward(block, test::hostGpu); },
    .addGradients =
        [](const BlockInput& block, const BlockOutput& whole, const at::Tensor& dOut,
           const BlockGradients& sums) {
            addPiecewiseGradients(block, whole, dOut, sums, test::hostGpu);
        },
    .merge = test::hostGpu.merge,
    .copyRows = test::hostGpu.copyRows};

namespace {

using test::ConformanceCase;
using test::everyCell;
using test::findDeviations;
using test::refusalOf;
using test::runRanks;

std::vector<ConformanceCase> chosenCells() {
    std::vector<ConformanceCase> all;
    for (const Mode& mode : modeTable())
        for (const ConformanceCase& cell : everyCell(mode, mode.sharded ? 2 : 1))
            if (cell.type != at::kHalf && refusalOf(cell).empty()) all.push_back(cell);
    return test::coveringPairs(all, test::cellValues);
}

class EveryModeOnAGpu : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryModeOnAGpu, IsFullAttentionUnderEveryMaskAndRule) {
    static const std::vector<ConformanceCase> ofAll = chosenCells();
    std::vector<ConformanceCase> cases = ofAll;
    std::erase_if(cases, [](const ConformanceCase& cell) { return cell.mode->name != GetParam(); });
    ASSERT_FALSE(cases.empty());
    test::takeKernelCalls();
    runRanks(cases.front().shape.ranks, [&](Group& group) {
        for (const ConformanceCase& testCase : cases)
            EXPECT_EQ(findDeviations(testCase, group), "")
                << testCase.name() << ", rank " << group.rank();
    });
    const test::KernelCalls calls = test::takeKernelCalls();
    EXPECT_GT(calls.platform, 0);
    EXPECT_GT(calls.own, 0);
}

INSTANTIATE_TEST_SUITE_P(Modes, EveryModeOnAGpu, ::testing::ValuesIn(modeNames()),
                         [](const auto& info) {
                             std::string name = info.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace ringscope
