// A comparison as a file for people or programs. A format is a row in format_table.cpp.
#pragma once

#include "backend/compare/comparison.h"
#include "backend/core/result.h"
#include "backend/report/recording.h"
#include "backend/run/run_record.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct Report {
    std::string title;
    std::int64_t createdUs = 0;   // UTC, microseconds
    std::vector<RunRecord> runs;  // with their steps
    Comparison comparison;
    std::vector<Recording> recordings{};  // of a configuration at most one
};

// The runs compared, as of now. An empty title is made from the names of their experiments
// (what_ran.h). Fails where there are no runs.
Result<Report> makeReport(std::string title, std::vector<RunRecord> runs);

// Adds what the traces beside `store` show. A run without one, or with one that cannot be read,
// adds nothing.
void addRecordings(Report& report, const std::filesystem::path& store);

struct ReportFormat {
    std::string_view name;       // "html"
    std::string_view extension;  // ".html"
    std::string_view help;
    std::string (*write)(const Report& report);
};
std::span<const ReportFormat> reportFormats();
std::vector<std::string> reportExtensions();  // ".html", …

// The format for the file name's extension. Fails with InvalidConfig for another extension, and
// names those there are.
Result<const ReportFormat*> reportFormatFor(const std::filesystem::path& file);

// A PDF is none of these: the window's program paints it (ui/print).
bool isPdfName(const std::filesystem::path& file);

// In the format of the file's extension; makes the folder where there is none.
Result<void> writeReport(const Report& report, const std::filesystem::path& file);

}  // namespace ringscope
