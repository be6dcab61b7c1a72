// The files of a run that lie beside the store: its traces, and the weights it kept.
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

// Where runs of this store keep their weights: a folder for each, named by its id.
std::filesystem::path weightRoot(const std::filesystem::path& store);

// The folder of a run's weights. Fails with NotFound where it kept none, and says how it would.
Result<std::filesystem::path> weightFolder(const std::filesystem::path& store, const RunId& run);

enum class WithHash { No, Yes };

// Traces, then weights, each in the order of their names; none where the run has none. `store` is
// its file.
std::vector<RunFile> runFiles(const std::filesystem::path& store, const RunId& run, WithHash hash);

// Ranks whose trace is among them, ascending.
std::vector<int> recordedRanks(const std::vector<RunFile>& files);

// Removes them with their folder. Fails with Failed where one cannot be removed.
Result<void> removeRunFiles(const std::filesystem::path& store, const RunId& run);

}  // namespace ringscope
