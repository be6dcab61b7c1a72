#include "backend/report/report.h"
#include "backend/report/writers.h"

#include "backend/core/text.h"
#include "tests/backend/report/sample_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <clocale>
#include <set>

namespace ringscope::reporting {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(ReportFormats, AreChosenByExtensionInAnyCase) {
    EXPECT_EQ(reportFormatFor("out/report.html").value()->name, "html");
    EXPECT_EQ(reportFormatFor("REPORT.CSV").value()->name, "csv");
    EXPECT_EQ(reportFormatFor("a.b.json").value()->name, "json");
}

TEST(ReportFormats, RefuseAnUnknownExtensionByNamingTheKnown) {
    for (const char* name : {"report.doc", "report", "report."}) {
        const Result<const ReportFormat*> format = reportFormatFor(name);
        ASSERT_FALSE(format.ok()) << name;
        EXPECT_EQ(format.error().code, ErrorCode::InvalidConfig);
        EXPECT_EQ(format.error().message, "a report's file name ends in one of " +
                                              join(reportExtensions(), ", ") + ", .pdf; got '" +
                                              std::string(name) + "'");
    }
}

TEST(ReportFormats, HaveNamesAndExtensionsOfTheirOwn) {
    std::set<std::string_view> names, extensions;
    for (const ReportFormat& format : reportFormats()) {
        EXPECT_TRUE(names.insert(format.name).second);
        EXPECT_TRUE(extensions.insert(format.extension).second);
        EXPECT_THAT(std::string(format.extension), StartsWith("."));
        EXPECT_FALSE(format.help.empty());
    }
}

TEST(ReportFormats, WriteTheSameBytesInALocaleThatWritesCommas) {
    std::vector<std::string> before;
    for (const ReportFormat& format : reportFormats())
        before.push_back(format.write(sampleReport()));
    const char* found = nullptr;
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"})
        if (found == nullptr) found = std::setlocale(LC_ALL, name);
    if (found == nullptr) GTEST_SKIP() << "no locale with decimal commas is installed";
    std::vector<std::string> after;
    for (const ReportFormat& format : reportFormats())
        after.push_back(format.write(sampleReport()));
    std::setlocale(LC_ALL, "C");
    EXPECT_EQ(before, after);
}

TEST(Csv, HasOneLineOfEqualLengthPerRun) {
    const std::string csv = writeCsv(sampleReport());
    std::size_t lines = 0, start = 0;
    for (std::size_t end = csv.find("\r\n"); end != std::string::npos;
         end = csv.find("\r\n", start)) {
        const std::string line = csv.substr(start, end - start);
        if (line.find('"') == std::string::npos) {
            EXPECT_EQ(std::ranges::count(line, ','), 49) << line;
        }
        start = end + 2;
        ++lines;
    }
    EXPECT_EQ(start, csv.size());
    EXPECT_EQ(lines, 6U);
}

TEST(Csv, QuotesWhatHoldsASeparatorAndDoublesQuotes) {
    RunRecord run = finishedRun("ring", 50);
    run.name = "a \"b\", c\nd";
    EXPECT_THAT(writeCsv(reportOf({run})), HasSubstr(",\"a \"\"b\"\", c\nd\","));
}

TEST(Csv, KeepsSpreadsheetsFromRunningATextAsAFormula) {
    for (const char* start : {"=", "+", "-", "@", "\t"}) {
        RunRecord run = finishedRun("ring", 50);
        run.name = start + std::string("cmd()");
        EXPECT_THAT(writeCsv(reportOf({run})), HasSubstr("'" + run.name)) << start;
    }
}

TEST(Csv, LeavesOutWhatWasNotMeasured) {
    RunRecord run = failedRun("ring");
    run.steps.clear();
    const std::string csv = writeCsv(reportOf({run}));
    EXPECT_THAT(
        csv,
        HasSubstr(
            ",failed,rank 1 was ended by SIGKILL,2,1024,0,,,,,,,,,4194304,,,,,,,,,,unknown,,,"));
}

TEST(Csv, WritesNumbersThatReadBackEqual) {
    RunRecord run = finishedRun("ring", 50);
    run.steps.back().loss = 0.1 + 0.2;
    EXPECT_THAT(writeCsv(reportOf({run})), HasSubstr(",0.30000000000000004,"));
}

TEST(Markdown, KeepsHostileNamesInTheirCell) {
    const std::string text = writeMarkdown(hostileReport());
    EXPECT_THAT(text, Not(HasSubstr("<script")));
    EXPECT_THAT(text, HasSubstr("&lt;script\\>"));
    EXPECT_THAT(text, HasSubstr(" \\| "));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(Markdown, GivesEveryRowOfATableAsManyCellsAsItsHeader) {
    for (const Report& report : {sampleReport(), hostileReport()}) {
        const std::string text = writeMarkdown(report);
        std::ptrdiff_t columns = 0;
        std::size_t start = 0;
        for (std::size_t end = text.find('\n'); end != std::string::npos;
             end = text.find('\n', start)) {
            std::string line = text.substr(start, end - start);
            start = end + 1;
            for (std::size_t at; (at = line.find("\\|")) != std::string::npos;) line.erase(at, 2);
            const std::ptrdiff_t bars = std::ranges::count(line, '|');
            if (columns != 0 && bars != 0) {
                EXPECT_EQ(bars, columns) << line;
            }
            columns = line.starts_with('|') ? bars : 0;
        }
    }
}

TEST(Markdown, LeavesUnderscoresInsideWordsAlone) {
    RunRecord longer = finishedRun("ring", 50);
    longer.config.train.seqLen = 8192;
    longer.name = "_emphasis_";
    const std::string text = writeMarkdown(reportOf({finishedRun("legacy", 100), longer}));
    EXPECT_THAT(text, HasSubstr("ring seq_len=8192"));
    EXPECT_THAT(text, HasSubstr("\\_emphasis\\_"));
}

TEST(Markdown, PutsTheVerdictBeforeAnyTable) {
    const std::string text = writeMarkdown(sampleReport());
    EXPECT_LT(text.find("**zigzag is 2.2 × legacy"), text.find('|'));
    EXPECT_THAT(text, StartsWith("# sample: four modes\n"));
    EXPECT_THAT(text, EndsWith("Written by Ringscope on 2023-11-14 22:21 UTC.\n"));
}

}  // namespace
}  // namespace ringscope::reporting
