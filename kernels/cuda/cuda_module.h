// The CUDA half of the kernels, a library that is loaded when a rank runs on a GPU, so that CPU
// ranks never load the CUDA libraries.
#pragma once

#include "backend/core/result.h"

#include <memory>

namespace ringscope {

class Group;
class Meeting;
struct GpuKernels;
struct GroupOptions;

// What libringscope_cuda.so offers. Rank program and module are built together, so that plain C++
// types may cross.
struct CudaModule {
    Result<std::unique_ptr<Group>> (*makeGroup)(const Meeting& meeting,
                                                const GroupOptions& options);
    const GpuKernels* kernels;
};

// Loads the module beside the running program, once; says what is missing where it cannot.
Result<const CudaModule*> loadCudaModule();

}  // namespace ringscope
