#include "kernels/device/cuda_module.h"

#include "backend/core/files.h"

#include <dlfcn.h>
#include <string>

namespace ringscope {
namespace {

constexpr const char* entryPoint = "ringscopeCudaModule";  // in cuda_entry.cpp

Result<const CudaModule*> load() {
    const std::filesystem::path file = programDirectory() / "libringscope_cuda.so";
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
        return Error{
            ErrorCode::Unavailable,
            "there is no " + file.string() + "; build with RINGSCOPE_CUDA=ON or use device cpu"};
    // Global, so that its operators register with the libtorch that is loaded already.
    void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (library == nullptr)
        return Error{ErrorCode::Unavailable,
                     "the CUDA kernels cannot be loaded: " + std::string(dlerror())};
    const auto entry = reinterpret_cast<const CudaModule* (*)()>(dlsym(library, entryPoint));
    if (entry == nullptr)
        return Error{ErrorCode::Corrupt, file.string() + " is not of this build: it lacks " +
                                             entryPoint + "; build it again"};
    return entry();
}

}  // namespace

Result<const CudaModule*> loadCudaModule() {
    static const Result<const CudaModule*> module = load();
    return module;
}

}  // namespace ringscope
