#include "backend/store/log_lines.h"

#include "backend/core/units.h"
#include "backend/store/run_rows.h"
#include "backend/store/statement.h"

#include <algorithm>

namespace ringscope::store {
namespace {

// Cut at `longestLine` bytes, before the UTF-8 character that would not fit.
std::string shortened(std::string_view line) {
    if (line.size() <= longestLine) return std::string(line);
    std::size_t end = longestLine;
    const auto continues = [&](std::size_t at) {
        return (static_cast<unsigned char>(line[at]) & 0xc0) == 0x80;
    };
    while (end > longestLine - 3 && continues(end)) --end;
    const auto cut = static_cast<std::int64_t>(line.size() - end);
    return std::string(line.substr(0, end)) + " … (" + formatCount(cut) + " bytes more)";
}

}  // namespace

Result<void> writeLogLine(Database& database, std::int64_t row, int rank, std::string_view line) {
    Statement count(database,
                    "UPDATE run SET log_lines = log_lines + 1 WHERE id = ? "
                    "RETURNING log_lines - 1",
                    row);
    RINGSCOPE_CHECK(count.next());
    const std::int64_t number = count.integer();
    RINGSCOPE_CHECK(count.finish());
    Statement insert(database,
                     "INSERT INTO log_line (run, number, rank, at_us, line) VALUES (?, ?, ?, ?, ?)",
                     row, number, rank, utcMicroseconds(), shortened(line));
    RINGSCOPE_CHECK(insert.finish());
    const std::int64_t dropped = number - lastLinesKept;
    if (dropped < firstLinesKept) return {};
    return Statement(database, "DELETE FROM log_line WHERE run = ? AND number = ?", row, dropped)
        .finish();
}

Result<std::vector<LogLine>> readLog(Database& database, std::int64_t row,
                                     const LogRequest& request) {
    constexpr std::int64_t all = -1;
    Statement query(database,
                    "SELECT number, rank, at_us, line FROM log_line WHERE run = ?1 AND "
                    "number > ?2 AND (?3 IS NULL OR rank = ?3) ORDER BY number DESC LIMIT ?4",
                    row, request.after, request.rank, request.last > 0 ? request.last : all);
    std::vector<LogLine> lines;
    for (;;) {
        RINGSCOPE_TRY(const bool found, query.next());
        if (!found) break;
        LogLine& line = lines.emplace_back();
        line.number = query.integer();
        line.rank = static_cast<int>(query.integer());
        line.atUs = query.integer();
        line.text = query.text();
    }
    std::ranges::reverse(lines);
    return lines;
}

}  // namespace ringscope::store
