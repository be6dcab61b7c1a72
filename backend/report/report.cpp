#include "backend/report/report.h"

#include "backend/analysis/trace_analysis.h"
#include "backend/core/output_file.h"
#include "backend/core/units.h"
#include "backend/report/what_ran.h"
#include "backend/trace/file/trace_folder.h"
#include "backend/trace/trace_files.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

namespace fs = std::filesystem;

// A report is written while its user waits.
constexpr std::uintmax_t largestTrace = 256ULL << 20;

std::uintmax_t bytesIn(const fs::path& folder) {
    std::error_code failed;
    std::uintmax_t bytes = 0;
    for (fs::directory_iterator file(folder, failed), end; !failed && file != end;
         file.increment(failed))
        if (const std::uintmax_t size = file->file_size(failed); !failed) bytes += size;
    return bytes;
}

std::optional<Recording> recordingOf(const RunId& run, const fs::path& folder) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored) || bytesIn(folder) > largestTrace) return std::nullopt;
    const Result<Trace> trace = readTrace(folder);
    if (!trace.ok()) return std::nullopt;
    RunFindings findings = analyze(*trace);
    Recording recording{.run = run,
                        .steps = std::max<std::int64_t>(1, findings.steps),
                        .splits = findings.clock.splits,
                        .ringSteps = std::move(findings.ringSteps)};
    for (const RankTrace& rank : trace->ranks) {
        std::optional<MemoryPeak> peak = memoryPeak(rank);
        if (peak && (!recording.memory || totalOf(peak->held) > totalOf(recording.memory->held)))
            recording.memory = std::move(peak);
    }
    return recording;
}

}  // namespace

Result<Report> makeReport(std::string title, std::vector<RunRecord> runs) {
    RINGSCOPE_TRY(Comparison comparison, compareRuns(runs));
    if (title.empty()) title = titleOf(runs);
    return Report{.title = std::move(title),
                  .createdUs = utcMicroseconds(),
                  .runs = std::move(runs),
                  .comparison = std::move(comparison)};
}

void addRecordings(Report& report, const fs::path& store) {
    for (const RunGroup* group : report.comparison.groups())
        for (const RunId& id : group->runs) {
            std::optional<Recording> recording = recordingOf(id, traceRoot(store) / id.text);
            if (!recording) continue;
            recording->label = group->label;
            recording->mode = group->mode;
            report.recordings.push_back(std::move(*recording));
            break;
        }
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
