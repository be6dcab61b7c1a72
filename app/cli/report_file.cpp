#include "app/cli/report_file.h"

#include "app/exit_codes.h"
#include "backend/core/files.h"
#include "backend/core/text.h"
#include "backend/report/report.h"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <string_view>
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

constexpr std::chrono::minutes patience{5};  // with a PDF

Result<void> writePdf(const ReportRequest& request, const fs::path& file) {
    return pdfOutcome(runToEnd({.words = wordsOf(request, file), .limit = patience}));
}

// Qt may have written lines of its own.
std::string sentenceOf(const ProgramEnd& end) {
    constexpr std::string_view from = "ringscope-gui: ";
    for (const std::string& line : split(end.err, '\n'))
        if (line.starts_with(from)) return line.substr(from.size());
    return "";
}

}  // namespace

Result<void> checkReportName(const fs::path& file) {
    if (isPdfName(file)) return {};
    RINGSCOPE_CHECK(reportFormatFor(file));
    return {};
}

Result<void> pdfOutcome(const Result<ProgramEnd>& end) {
    if (!end.ok() || end->code == 127)
        return Error{ErrorCode::Unavailable,
                     "a PDF is written by ringscope-gui, which is not installed; write .html, and "
                     "print it to a file"};
    if (end->code == 0) return {};
    if (end->timedOut)
        return Error{ErrorCode::Failed,
                     fmt::format("ringscope-gui did not write the PDF within {} minutes; write "
                                 ".html, or report fewer runs",
                                 patience.count())};
    const std::string sentence = sentenceOf(*end);
    if (!sentence.empty()) return Error{app::errorCodeOf(end->code), sentence};
    return Error{app::errorCodeOf(end->code),
                 end->code < 0 ? "ringscope-gui was ended by a signal before it wrote the PDF"
                               : fmt::format("ringscope-gui ended with exit code {} and wrote no "
                                             "PDF",
                                             end->code)};
}

Result<void> writeReportFile(ReportRequest request, const fs::path& file) {
    if (isPdfName(file)) return writePdf(request, file);
    RINGSCOPE_TRY(Report report, makeReport(request.title, std::move(request.runs)));
    addRecordings(report, request.store);
    return writeReport(report, file);
}

}  // namespace ringscope::cli
