// The trace files of a run's ranks in one folder.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/trace.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ringscope {

// Told before each file: how many were read, of how many. False stops the reading.
using ReadProgress = std::function<bool(std::size_t read, std::size_t files)>;

// Reads every rank's file of a folder, or the one file named, and moves them onto one clock.
Result<Trace> readTrace(const std::filesystem::path& place, const ReadProgress& progress = {});

struct TraceFolder {
    std::vector<RankTrace> ranks;         // at least one
    std::vector<std::string> unreadable;  // sentences, of all other traces there
};

using TraceFileReader = std::function<Result<RankTrace>(const std::filesystem::path& file)>;

// Every rank's file of a folder, or the one file named.
Result<TraceFolder> readFolder(const std::filesystem::path& place, const ReadProgress& progress,
                               const TraceFileReader& read);

// Writes each rank as a file of ours into a folder, which is made. Refuses to overwrite.
Result<void> writeTrace(const Trace& trace, const std::filesystem::path& folder);

}  // namespace ringscope
