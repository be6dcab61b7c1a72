#include "app/cli/report_file.h"

#include "backend/compare/comparison.h"
#include "backend/core/files.h"
#include "backend/report/report.h"

#include <chrono>

namespace ringscope::cli {

Result<void> writeReport(const std::vector<RunRecord>& runs, const std::string& title,
                         const std::filesystem::path& file) {
    RINGSCOPE_TRY(const ReportFormat* format, reportFormatFor(file));
    RINGSCOPE_TRY(Comparison comparison, compareRuns(runs));
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const Report report{
        .title = title,
        .createdUs = std::chrono::duration_cast<std::chrono::microseconds>(now).count(),
        .runs = runs,
        .comparison = std::move(comparison)};
    std::error_code failed;
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), failed);
    if (failed)
        return Error{ErrorCode::Failed, "cannot make the folder '" + file.parent_path().string() +
                                            "': " + failed.message()};
    return writeFileAtomically(file, format->write(report));
}

}  // namespace ringscope::cli
