#include "app/cli/report_file.h"

#include "backend/core/files.h"
#include "backend/core/text.h"
#include "backend/report/report.h"
#include "launcher/spawn_program.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace ringscope::cli {
namespace {

namespace fs = std::filesystem;

// It stands beside this program, or in PATH.
std::string windowProgram() {
    std::error_code unknown;
    const fs::path beside = programDirectory() / "ringscope-gui";
    return fs::exists(beside, unknown) ? beside.string() : "ringscope-gui";
}

std::vector<std::string> wordsOf(const ReportRequest& request, const fs::path& file) {
    std::vector<std::string> words = {windowProgram(), "--db=" + request.store.string(),
                                      "--write-report=" + fs::absolute(file).string()};
    if (!request.title.empty()) words.push_back("--title=" + request.title);
    const auto baseline = std::ranges::find(request.runs, true, &RunRecord::baseline);
    if (request.baselineChosen && baseline != request.runs.end())
        words.push_back("--baseline=" + baseline->id.text);
    for (const RunRecord& run : request.runs) words.push_back(run.id.text);
    return words;
}

Result<void> writePdf(const ReportRequest& request, const fs::path& file) {
    constexpr std::chrono::minutes patience{5};
    const Result<ProgramEnd> end = runToEnd({.words = wordsOf(request, file), .limit = patience});
    if (!end.ok() || end->code == 127)
        return Error{ErrorCode::Unavailable,
                     "a PDF is written by ringscope-gui, which is not installed; write .html, and "
                     "print it to a file"};
    if (end->code == 0) return {};
    return Error{ErrorCode::Failed,
                 "ringscope-gui could not write the PDF: " + std::string(trim(end->err))};
}

}  // namespace

Result<void> checkReportName(const fs::path& file) {
    if (isPdfName(file)) return {};
    RINGSCOPE_CHECK(reportFormatFor(file));
    return {};
}

Result<void> writeReportFile(ReportRequest request, const fs::path& file) {
    if (isPdfName(file)) return writePdf(request, file);
    RINGSCOPE_TRY(Report report, makeReport(request.title, std::move(request.runs)));
    addRecordings(report, request.store);
    return writeReport(report, file);
}

}  // namespace ringscope::cli
