#include "backend/report/report.h"

#include "backend/core/output_file.h"
#include "backend/core/units.h"
#include "backend/report/what_ran.h"

#include <utility>

namespace ringscope {

Result<Report> makeReport(std::string title, std::vector<RunRecord> runs) {
    RINGSCOPE_TRY(Comparison comparison, compareRuns(runs));
    if (title.empty()) title = titleOf(runs);
    return Report{.title = std::move(title),
                  .createdUs = utcMicroseconds(),
                  .runs = std::move(runs),
                  .comparison = std::move(comparison)};
}

Result<void> writeReport(const Report& report, const std::filesystem::path& file) {
    RINGSCOPE_TRY(const ReportFormat* format, reportFormatFor(file));
    std::error_code failed;
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), failed);
    if (failed)
        return Error{ErrorCode::Failed, "cannot make the folder '" + file.parent_path().string() +
                                            "': " + failed.message()};
    return writeOutput(file, format->write(report));
}

}  // namespace ringscope
