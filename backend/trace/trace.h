// All ranks of a run on one clock.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/trace_file.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ringscope {

struct Trace {
    std::vector<RankTrace> ranks;    // by rank; times are rank 0's host's
    std::int64_t begin = 0;          // of the first span
    std::int64_t end = 0;            // of the last
    std::int64_t clockErrorNs = 0;   // times of two ranks compare within this; 0: one clock
    std::vector<std::string> notes;  // missing ranks, losses, drops: to be shown beside any figure

    std::uint64_t spans() const;
};

// Where the traces of a store's runs are: a folder per run inside this one.
std::filesystem::path traceRoot(const std::filesystem::path& store);

// Told before each file: how many were read, of how many. False stops the reading.
using ReadProgress = std::function<bool(std::size_t read, std::size_t files)>;

// Reads every rank's file of a folder, or the one file named, and moves them onto one clock.
Result<Trace> readTrace(const std::filesystem::path& place, const ReadProgress& progress = {});

// The same from values; what readTrace does after reading.
Trace mergeRanks(std::vector<RankTrace> ranks);

// Chrome's trace JSON, for Perfetto and chrome://tracing: a process per rank, a thread per lane,
// flows from each send to its receive.
Result<void> writeChromeTrace(const Trace& trace, const std::filesystem::path& file);

// A line for each span, times in nanoseconds.
Result<void> writeTraceCsv(const Trace& trace, const std::filesystem::path& file);

}  // namespace ringscope
