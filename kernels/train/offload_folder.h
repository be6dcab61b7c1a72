// Where files of memory.offload_* lie.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/files.h"

#include <filesystem>

namespace ringscope {

inline std::filesystem::path offloadFolderOf(const MemoryConfig& memory) {
    return memory.offloadFolder ? std::filesystem::path(*memory.offloadFolder)
                                : cacheDirectory() / "offload";
}

}  // namespace ringscope
