// A report as a PDF: what stands where on its pages.
#include "ui/print/pdf_report.h"

#include "backend/core/files.h"
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

TEST(PdfReport, KeepsEveryTextBetweenTheMargins) {
    for (const Report& report : {sampleReport(), recordedReport(), sweepReport(), hostileReport()})
        EXPECT_EQ(outside(renderPdf(report)).join(QStringLiteral("; ")).toStdString(), "");
}

// A rectangle that is narrower than a word of it breaks the word.
TEST(PdfReport, BreaksNoWordOfAHead) {
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    const Paper paper(&buffer, QString());
    const TextStyle smallest{.size = 6.5, .bold = true};
    int heads = 0;
    for (const Report& report : {sampleReport(), recordedReport(), sweepReport()})
        for (const Paper::Placed& text : renderPdf(report).placed) {
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
    const PdfPages pdf = renderPdf(sweepReport());  // 48 runs, 144 ranks
    EXPECT_GE(pagesWith(pdf, QStringLiteral("process")), 2);
    EXPECT_EQ(pagesWith(pdf, QStringLiteral("exit code")),
              pagesWith(pdf, QStringLiteral("process")));
}

TEST(PdfReport, NumbersItsPagesAndKnowsHowManyThereAre) {
    const PdfPages pdf = renderPdf(sweepReport());
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
