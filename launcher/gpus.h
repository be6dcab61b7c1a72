// The GPUs of this machine, found without their libraries: from what the driver says in /proc.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

struct GpuReport {
    std::string driver{};               // "570.86.15"; empty: there is none
    std::vector<std::string> models{};  // one for each GPU that a rank may use
    // GPUs that are there and kept from ranks: by CUDA_VISIBLE_DEVICES, or because a container was
    // not given their device files.
    int hidden = 0;
    bool known = true;  // false: a driver that says nothing in /proc (Windows' subsystem for Linux)
};

// `root` is where /proc and /dev are; `visible` is CUDA_VISIBLE_DEVICES where it is set.
GpuReport findGpus(const std::filesystem::path& root, const std::optional<std::string>& visible);
GpuReport findGpus();

}  // namespace ringscope
