// A report as a file, by its name: the formats of backend/report, and PDF, which the window's
// program writes.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_record.h"
#include "launcher/spawn_program.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ringscope::cli {

struct ReportRequest {
    std::vector<RunRecord> runs;  // with their steps, the baseline marked
    std::filesystem::path store;  // that holds them
    std::string title{};          // empty: made from the names of the experiments
    bool baselineChosen = false;  // the mark is this call's, and not in the store
};

// Whether a report can be called that.
Result<void> checkReportName(const std::filesystem::path& file);

// What the end of the window's program means for the PDF: an error is of the kind that its exit
// code stands for, with the sentence that it wrote.
Result<void> pdfOutcome(const Result<ProgramEnd>& end);

Result<void> writeReportFile(ReportRequest request, const std::filesystem::path& file);

}  // namespace ringscope::cli
