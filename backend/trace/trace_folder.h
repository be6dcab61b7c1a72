// The files of a run's ranks, as whoever reads them all does it.
#pragma once

#include "backend/trace/trace.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ringscope {

struct TraceFolder {
    std::vector<RankTrace> ranks;         // at least one
    std::vector<std::string> unreadable;  // sentences, of all other traces there
};

using TraceFileReader = std::function<Result<RankTrace>(const std::filesystem::path& file)>;

// Every rank's file of a folder, or the one file named.
Result<TraceFolder> readFolder(const std::filesystem::path& place, const ReadProgress& progress,
                               const TraceFileReader& read);

// What to show beside any figure of these ranks: who is missing, what was lost, dropped, off.
std::vector<std::string> notesOn(const std::vector<RankTrace>& ranks);

}  // namespace ringscope
