// A report as a PDF: what stands where on its pages.
#include "ui/print/pdf_report.h"

#include "backend/core/files.h"
#include "backend/report/tables.h"
#include "tests/backend/report/sample_report.h"

#include <gmock/gmock.h>
#include <QBuffer>
#include <QTemporaryDir>
#include <algorithm>
#include <set>

namespace ringscope::ui {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

int pagesWith(const PdfPages& pdf, const QString& words) {
    std::set<int> pages;
    for (const Paper::Placed& text : pdf.placed)
        if (text.words.contains(words)) pages.insert(text.page);
    return static_cast<int>(pages.size());
}

// Texts that leave the space between the margins, but for footers below it.
QStringList outside(const PdfPages& pdf) {
    QStringList found;
    for (const Paper::Placed& text : pdf.placed) {
        const bool across = text.at.left() < Paper::margin - 0.01 ||
                            text.at.right() > Paper::margin + Paper::width + 0.01;
        const bool footer = text.at.top() >= Paper::bottom;
        if (across || (!footer && text.at.bottom() > Paper::bottom + 0.01))
            found << QStringLiteral("page %1, %2 to %3, %4 to %5: %6")
                         .arg(text.page)
                         .arg(text.at.left())
                         .arg(text.at.right())
                         .arg(text.at.top())
                         .arg(text.at.bottom())
                         .arg(text.words);
    }
    return found;
}

TEST(PdfReport, SaysWhatThePageSays) {
    const PdfPages pdf = renderPdf(recordedReport());
    EXPECT_TRUE(pdf.bytes.startsWith("%PDF-1."));
    for (const char* words :
         {"sample: four modes", "What ran", "At a glance", "Speed", "Ring steps", "step 1",
          "exposed wait", "Memory by category", "48.0 MiB", "Comparison", "Loss", "Runs",
          "did not finish: rank 1 was ended by SIGKILL", "How the figures are defined"})
        EXPECT_GE(pagesWith(pdf, QString::fromUtf8(words)), 1) << words;
}

// Names that are wider than their columns, and more modes than one line of a legend has room for.
Report manyModes() {
    std::vector<RunRecord> runs;
    for (const char* mode : {"legacy", "ring", "zigzag", "striped", "ulysses", "usp", "llama3",
                             "ring-allgather", "double-ring"}) {
        RunRecord run = ringscope::finishedRun(mode, 100);
        run.name = std::string("an experiment with a name of many words/") + mode;
        runs.push_back(std::move(run));
    }
    return reportOf(std::move(runs), "many modes");
}

struct Rendered {
    Report report;
    PdfPages pdf;
};

// Each is drawn once for all tests.
const std::vector<Rendered>& rendered() {
    static const std::vector<Rendered> all = [] {
        std::vector<Rendered> made;
        for (Report& report :
             std::vector<Report>{recordedReport(), sweepReport(), manyModes(), hostileReport()}) {
            PdfPages pdf = renderPdf(report);
            made.push_back({std::move(report), std::move(pdf)});
        }
        return made;
    }();
    return all;
}

TEST(PdfReport, KeepsEveryTextBetweenTheMargins) {
    for (const auto& [report, pdf] : rendered())
        EXPECT_EQ(outside(pdf).join(QStringLiteral("; ")).toStdString(), "");
}

// A text that needs more room than it was given lies over what is below it.
TEST(PdfReport, GivesEveryTextTheRoomItNeeds) {
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    const Paper paper(&buffer, QString());
    for (const auto& [report, pdf] : rendered())
        for (const Paper::Placed& text : pdf.placed)
            EXPECT_LE(paper.heightOf(text.words, text.style, text.at.width()),
                      text.at.height() + 0.5)
                << report.title << ", page " << text.page << ": " << text.words.toStdString();
}

TEST(PdfReport, EndsNoPageWithAHeading) {
    for (const auto& [report, pdf] : rendered())
        for (const Paper::Placed& heading : pdf.placed) {
            if (heading.style.size != 12) continue;
            const auto below = [&heading = heading](const Paper::Placed& text) {
                return text.page == heading.page && text.at.top() < Paper::bottom &&
                       text.at.top() >= heading.at.bottom();
            };
            EXPECT_TRUE(std::ranges::any_of(pdf.placed, below))
                << report.title << ", page " << heading.page << ": " << heading.words.toStdString();
        }
}

TEST(PdfReport, RepeatsTheTitleOfASectionWhereItsTableGoesOn) {
    const auto& [report, pdf] = rendered()[1];
    std::set<QString> sections;
    for (const reporting::Row& row : reporting::comparisonRows(report).rows)
        if (row.heading) sections.insert(QString::fromStdString(row.cells.front().text));
    ASSERT_FALSE(sections.empty());
    int goneOn = 0;
    for (auto at = pdf.placed.begin(); at != pdf.placed.end(); ++at) {
        const bool head = at->words == QStringLiteral("configuration") &&
                          std::next(at)->words == QStringLiteral("tokens/s");
        if (!head || at->at.top() > Paper::margin) continue;
        ++goneOn;
        const auto first = std::find_if(at, pdf.placed.end(), [&](const Paper::Placed& text) {
            return text.at.top() > at->at.top();
        });
        ASSERT_NE(first, pdf.placed.end());
        EXPECT_TRUE(sections.contains(first->words)) << first->words.toStdString();
    }
    EXPECT_GE(goneOn, 1);
}

// In the charts of speed, memory and communication, and of the losses.
TEST(PdfReport, NamesEveryModeInEveryChart) {
    for (const char* mode : {"ring-allgather", "double-ring"}) {
        const auto isLabel = [&](const Paper::Placed& text) {
            return text.words == QString::fromUtf8(mode) && !text.style.bold;
        };
        EXPECT_GE(std::ranges::count_if(rendered()[2].pdf.placed, isLabel), 4) << mode;
    }
}

// A rectangle that is narrower than a word of it breaks the word.
TEST(PdfReport, BreaksNoWordOfAHead) {
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    const Paper paper(&buffer, QString());
    const TextStyle smallest{.size = 6.5, .bold = true};
    int heads = 0;
    for (const auto& [report, pdf] : rendered())
        for (const Paper::Placed& text : pdf.placed) {
            if (text.words != QStringLiteral("configuration")) continue;
            ++heads;
            EXPECT_GE(text.at.width(), paper.widthOf(text.words, smallest));
        }
    EXPECT_GE(heads, 6);
}

TEST(PdfReport, SaysNothingOfSettingsWhereNoneDiffer) {
    Report report = sampleReport();
    report.comparison.differences.clear();
    EXPECT_EQ(pagesWith(renderPdf(report), QStringLiteral("Settings that differ")), 0);
}

TEST(PdfReport, RepeatsTheHeadOfATableOnEachOfItsPages) {
    const PdfPages& pdf = rendered()[1].pdf;  // 48 runs, 144 ranks
    EXPECT_GE(pagesWith(pdf, QStringLiteral("process")), 2);
    EXPECT_EQ(pagesWith(pdf, QStringLiteral("exit code")),
              pagesWith(pdf, QStringLiteral("process")));
}

TEST(PdfReport, NumbersItsPagesAndKnowsHowManyThereAre) {
    const PdfPages& pdf = rendered()[1].pdf;
    ASSERT_GE(pdf.pages, 3);
    const auto footers = [&](int page) {
        return std::ranges::count(pdf.placed, QStringLiteral("%1 / %2").arg(page).arg(pdf.pages),
                                  &Paper::Placed::words);
    };
    EXPECT_EQ(footers(1), 1);
    EXPECT_EQ(footers(2), 1);
    EXPECT_EQ(footers(pdf.pages + 1), 0);
}

TEST(PdfReport, IsWrittenLikeEveryOtherFile) {
    const QTemporaryDir made;
    const std::filesystem::path folder = made.path().toStdString();
    EXPECT_TRUE(writePdf(sampleReport(), folder / "a.pdf").ok());
    EXPECT_THAT(readFile(folder / "a.pdf").value(), StartsWith("%PDF-1."));
    const Result<void> refused = writePdf(sampleReport(), folder / "no" / "a.pdf");
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message, HasSubstr("a.pdf"));
}

TEST(PdfReport, IsKnownByItsName) {
    EXPECT_TRUE(isPdfName("a/b.PDF"));
    EXPECT_FALSE(isPdfName("pdf"));
}

}  // namespace
}  // namespace ringscope::ui
