// What the memory of a run was for, over its recorded steps: read from its recording for the run
// page and `runs show`. Where there is none, a sentence says why and what to set.
#pragma once

#include "backend/analysis/memory_series.h"
#include "backend/core/result.h"
#include "backend/memory/memory_plan.h"
#include "backend/run/run_record.h"
#include "backend/store/run_files.h"

#include <cstddef>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// Of one rank's file; empty where that holds no memory. Fails with NotFound or Corrupt.
Result<MemorySeries> readMemory(const std::filesystem::path& file, std::size_t columns);

// Of these ranks, which are not none: the one that held the most, as far as the ranks said.
int busiestRank(const RunRecord& run, const std::vector<int>& ranks);

// Why nothing is known of the run, which has recordings of these ranks, if any.
std::string whyNoMemory(const RunRecord& run, const std::vector<int>& recorded);

// "peak 1.90 GiB at 41.2 ms, in step 3: activations 1.20 GiB, parameters 400 MiB, …"
std::string memoryPeakText(const MemorySeries& series);

// The section of `runs show`: that line, and a line per category with its course. Not for an empty
// series. Ends with a newline.
std::string memoryText(const MemorySeries& series);

// The section: of the busiest rank, with what was predicted of it; or why there is none. A
// recording that takes seconds to read is left to the timeline.
std::string memoryText(const RunRecord& run, const std::vector<RunFile>& files);

// What this rank of the run was to hold at most (backend/memory); nothing where the run cannot be
// planned here.
std::optional<PredictedPeak> predictedOf(const RunRecord& run, int rank);

// The same for programs: rank, begin_ns, end_ns, peak_bytes, predicted_peak_bytes, peak_at_ns,
// peak_step and categories[] with name, peak_bytes (at the run's peak) and bytes[], the most held
// in equal parts of the time; or only `reason`, why there is none.
nlohmann::json memoryJson(const RunRecord& run, const std::vector<RunFile>& files);

// As runsJson(), each run with `memory`. `store`: its file.
std::string runsWithMemoryJson(const std::vector<RunRecord>& runs,
                               const std::filesystem::path& store);

}  // namespace ringscope
