#include "backend/report/length_text.h"

#include "backend/report/aligned_table.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ringscope {

std::string searchedLengthText(const std::vector<SearchedLength>& rows, Bytes budget) {
    std::vector<std::vector<std::string>> table = {
        {"levers", "mode", "ranks", "tokens", "", "peak", "measured", "step", "ended by"}};
    const std::int64_t first = rows.empty() ? 0 : rows.front().found.tokens;
    for (const SearchedLength& row : rows) {
        const bool starts = row.about.lever == lengthLevers().front().name;
        const double times =
            first > 0 ? static_cast<double>(row.found.tokens) / static_cast<double>(first) : 0;
        table.push_back({(starts ? "" : "+ ") + row.about.lever, row.about.mode,
                         std::to_string(row.found.ranks),
                         row.found.tokens > 0 ? formatCount(row.found.tokens) : "none",
                         times > 0 ? fmt::format("{:.1f} ×", times) : "",
                         row.found.tokens > 0 ? formatBytes({row.found.peakBytes}) : "-",
                         row.measuredPeakBytes ? formatBytes({*row.measuredPeakBytes}) : "-",
                         row.stepMs ? fmt::format("{} ms", formatSignificant(*row.stepMs)) : "-",
                         row.failure.empty() ? row.found.endedBy : row.failure});
    }
    return fmt::format("A rank may hold {}.\n\n", formatBytes(budget)) +
           alignedTable(table, 2, /*endsLeft=*/true);
}

std::string searchedLengthJson(const std::string& experiment,
                               const std::vector<SearchedLength>& rows, Bytes budget,
                               int exitCode) {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"experiment", reporting::validUtf8(experiment)},
                             {"exit_code", exitCode},
                             {"budget_bytes", budget.count},
                             {"rows", nlohmann::json::array()}};
    for (const SearchedLength& row : rows)
        object["rows"].push_back(
            {{"mode", row.about.mode},
             {"levers", row.about.lever},
             {"ranks", row.found.ranks},
             {"tokens", row.found.tokens},
             {"ended_by", reporting::validUtf8(row.found.endedBy)},
             {"step_ms", row.stepMs ? nlohmann::json(*row.stepMs) : nlohmann::json()},
             {"peak_bytes", row.found.peakBytes},
             {"measured_peak_bytes",
              row.measuredPeakBytes ? nlohmann::json(*row.measuredPeakBytes) : nlohmann::json()},
             {"failure", reporting::validUtf8(row.failure)}});
    return object.dump(2) + "\n";
}

}  // namespace ringscope
