// Speeds of this machine that no run of a model tells.
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <filesystem>

namespace ringscope::cli {

struct DiskSpeed {
    double read = 0;  // bytes a second
    double write = 0;
};

// Of a file in this folder, on the disk itself: its pages are dropped before they are read.
Result<DiskSpeed> diskSpeed(const std::filesystem::path& folder);

// Nanoseconds that a thread keeps a core while another one waits for it: more threads than cores
// run for a moment, and see when they did not.
std::int64_t turnLength(int cores);

}  // namespace ringscope::cli
