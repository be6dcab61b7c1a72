#include "kernels/cuda/cuda_entry.h"

#include "kernels/device/cuda_module.h"

extern "C" const ringscope::CudaModule* ringscopeCudaModule() {
    static const ringscope::CudaModule module{.makeGroup = ringscope::makeNcclGroup,
                                              .kernels = &ringscope::cudaKernels,
                                              .watchTensors = ringscope::watchCudaTensors,
                                              .limitTensors = ringscope::limitCudaTensors};
    return &module;
}
