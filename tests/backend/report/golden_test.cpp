// The formats for people, compared with files that were read by a person. After a wanted change run
// the tests with RINGSCOPE_UPDATE_GOLDEN=1 and read the difference before committing it.
#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "backend/report/text_table.h"
#include "backend/report/writers.h"

#include "tests/backend/report/sample_report.h"

#include <gtest/gtest.h>
#include <cstdlib>
#include <filesystem>

namespace ringscope::reporting {
namespace {

void expectGolden(const std::string& name, const std::string& written) {
    const std::filesystem::path file = std::filesystem::path(RINGSCOPE_GOLDEN_FOLDER) / name;
    if (std::getenv("RINGSCOPE_UPDATE_GOLDEN") != nullptr) {
        const Result<void> saved = writeOutput(file, written);
        ASSERT_TRUE(saved.ok()) << saved.error().message;
    }
    const Result<std::string> golden = readFile(file);
    ASSERT_TRUE(golden.ok()) << golden.error().message;
    EXPECT_EQ(*golden, written) << name;
}

TEST(Golden, MarkdownOfTheSampleIsAsReviewed) {
    expectGolden("sample.md", writeMarkdown(sampleReport()));
}

TEST(Golden, MarkdownOfHostileNamesIsAsReviewed) {
    expectGolden("hostile.md", writeMarkdown(hostileReport()));
}

TEST(Golden, CsvOfTheSampleIsAsReviewed) { expectGolden("sample.csv", writeCsv(sampleReport())); }

TEST(Golden, CsvOfHostileNamesIsAsReviewed) {
    expectGolden("hostile.csv", writeCsv(hostileReport()));
}

TEST(Golden, TerminalTableOfTheSampleIsAsReviewed) {
    expectGolden("sample.txt", comparisonTable(sampleReport().comparison, {.width = 120}));
}

TEST(Golden, MarkdownOfASweepIsAsReviewed) {
    expectGolden("sweep.md", writeMarkdown(sweepReport()));
}

TEST(Golden, TerminalTextOfASweepIsAsReviewed) {
    expectGolden("sweep.txt", comparisonText(sweepReport().comparison, {.width = 120}));
}

// The settings every run shares come from the field table and change with it; all else is fixed.
TEST(Golden, HtmlOfTheSampleIsAsReviewed) {
    std::string page = writeHtml(sampleReport());
    const std::size_t from = page.find("<details><summary>Settings that all runs share");
    const std::size_t style = page.find("<style>");
    ASSERT_NE(from, std::string::npos);
    page.erase(from, page.find("</details>", from) - from);
    page.erase(style, page.find("</style>") - style);
    expectGolden("sample.html", page);
}

}  // namespace
}  // namespace ringscope::reporting
