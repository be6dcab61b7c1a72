#include "kernels/block/gpu/gpu_kernels.h"

#include "kernels/block/block_kernels.h"
#include "kernels/block/gpu/piecewise_attention.h"
#include "kernels/device/cuda_module.h"

#include <c10/util/Exception.h>

namespace ringscope {
namespace {

const GpuKernels& kernels() {
    const Result<const CudaModule*> module = loadCudaModule();
    TORCH_CHECK(module.ok(), module.error().message);
    return *(*module)->kernels;
}

BlockOutput forward(const BlockInput& block) { return piecewiseForward(block, kernels()); }

void addGradients(const BlockInput& block, const BlockOutput& whole, const at::Tensor& dOut,
                  const BlockGradients& sums) {
    addPiecewiseGradients(block, whole, dOut, sums, kernels());
}

void merge(at::Tensor& out, at::Tensor& lse, const BlockOutput& part) {
    kernels().merge(out, lse, part);
}

void copyRows(const RowCopyTask& task) { kernels().copyRows(task); }

}  // namespace

const BlockKernels gpuBlockKernels{
    .forward = forward, .addGradients = addGradients, .merge = merge, .copyRows = copyRows};

}  // namespace ringscope
