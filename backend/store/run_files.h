// The files of a run that lie beside the store: its traces.
#pragma once

#include "backend/core/ids.h"
#include "backend/core/result.h"
#include "backend/core/units.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ringscope {

struct RunFile {
    std::filesystem::path path;
    Bytes size;
    std::string sha256{};  // empty: not asked for, or too large to be read here
};

enum class WithHash { No, Yes };

// In the order of their names; none where the run has none. `store` is its file.
std::vector<RunFile> runFiles(const std::filesystem::path& store, const RunId& run, WithHash hash);

// Ranks whose trace is among them, ascending.
std::vector<int> recordedRanks(const std::vector<RunFile>& files);

// Removes them with their folder. Fails with Failed where one cannot be removed.
Result<void> removeRunFiles(const std::filesystem::path& store, const RunId& run);

}  // namespace ringscope
