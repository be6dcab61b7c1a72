// What ranks printed, bounded: a flood of lines keeps its beginning and its end, and the number of
// lines that were dropped in between.
#pragma once

#include "backend/core/result.h"
#include "backend/store/database.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope::store {

inline constexpr std::int64_t firstLinesKept = 1000;
inline constexpr std::int64_t lastLinesKept = 4000;
inline constexpr std::size_t longestLine = 16 * 1024;  // bytes; what is longer is cut

// The caller holds a transaction.
Result<void> writeLogLine(Database& database, std::int64_t row, int rank, std::string_view line);

// The last lines in the order told, each behind its source ("rank 1: …", "agent: …"); all that were
// kept where `last` is not positive. A line of ours stands where lines were dropped.
Result<std::vector<std::string>> readLogLines(Database& database, std::int64_t row,
                                              std::int64_t last);

}  // namespace ringscope::store
