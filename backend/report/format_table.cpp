#include "backend/report/report.h"
#include "backend/report/writers.h"

#include "backend/core/text.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

constexpr std::array formats = {
    ReportFormat{"html", ".html", "one self-contained page with charts, for people",
                 reporting::writeHtml},
    ReportFormat{"md", ".md", "Markdown tables, for merge requests and notes",
                 reporting::writeMarkdown},
    ReportFormat{"csv", ".csv", "one row per run, for spreadsheets", reporting::writeCsv},
    ReportFormat{"json", ".json", "everything, for programs", reporting::writeJson},
};

}  // namespace

std::span<const ReportFormat> reportFormats() { return formats; }

std::vector<std::string> reportExtensions() {
    std::vector<std::string> extensions;
    for (const ReportFormat& format : formats) extensions.emplace_back(format.extension);
    return extensions;
}

bool isPdfName(const std::filesystem::path& file) {
    return toLower(file.extension().string()) == ".pdf";
}

Result<const ReportFormat*> reportFormatFor(const std::filesystem::path& file) {
    const std::string extension = toLower(file.extension().string());
    const auto found = std::ranges::find(formats, extension, &ReportFormat::extension);
    if (found != formats.end()) return &*found;
    return Error{ErrorCode::InvalidConfig, "a report's file name ends in one of " +
                                               join(reportExtensions(), ", ") + ", .pdf; got '" +
                                               file.string() + "'"};
}

}  // namespace ringscope
