// The lines that ranks printed, in bounded space: of very many, the first and the last are kept,
// with the number of those dropped between them.
#pragma once

#include "backend/core/result.h"
#include "backend/store/database.h"
#include "backend/store/store.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope::store {

inline constexpr std::int64_t firstLinesKept = 1000;
inline constexpr std::int64_t lastLinesKept = 4000;
inline constexpr std::size_t longestLine = 16 * 1024;  // bytes; longer lines are cut

// The caller must hold a write transaction.
Result<void> writeLogLine(Database& database, std::int64_t row, int rank, std::string_view line);

// See Store::log.
Result<std::vector<LogLine>> readLog(Database& database, std::int64_t row,
                                     const LogRequest& request);

}  // namespace ringscope::store
