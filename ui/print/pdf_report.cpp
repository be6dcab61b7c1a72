#include "ui/print/pdf_report.h"

#include "backend/core/output_file.h"
#include "backend/core/text.h"
#include "backend/report/figure_table.h"
#include "backend/report/pattern_tables.h"
#include "backend/report/tables.h"
#include "backend/report/what_ran.h"
#include "backend/report/wording.h"
#include "ui/print/printed_table.h"
#include "ui/print/report_charts.h"
#include "ui/widgets/parts.h"

#include <QBuffer>
#include <QCoreApplication>
#include <algorithm>

namespace ringscope::ui {
namespace {

using reporting::Table;

const TextStyle body{.size = 8.5};
const TextStyle quiet{.size = 8, .colour = look.mutedText};
const TextStyle heading{.size = 12, .bold = true};
constexpr double captionGap = 4;

QString words(const char* english) { return QCoreApplication::translate("PdfReport", english); }

// `following`: how high what has to stand under it on the same page is.
void writeHeading(Paper& paper, const QString& words, double following) {
    constexpr double above = 14;
    constexpr double below = 5;
    paper.skip(above);
    paper.need(paper.heightOf(words, heading, Paper::width) + below + following);
    paper.write(words, heading);
    paper.skip(below);
}

// --- tables --------------------------------------------------------------------------------------

void writeTable(Paper& paper, const QString& title, const Table& table) {
    if (table.rows.empty()) return;
    PrintedTable printed(paper, table);
    writeHeading(paper, title, printed.heightOfBeginning());
    printed.write();
}

// --- sections ------------------------------------------------------------------------------------

// Names on the left, what they are on the right.
struct Fact {
    QString name;
    QString words;
    bool fixed = false;
};

void writeFacts(Paper& paper, const QString& title, const std::vector<Fact>& facts) {
    TextStyle bold = body;
    bold.bold = true;
    double names = 0;
    for (const Fact& fact : facts) names = std::max(names, paper.widthOf(fact.name, bold));
    names = std::min(names + 12, Paper::width / 3);
    const double within = Paper::width - names;
    const auto heightOf = [&](const Fact& fact) {
        TextStyle style = body;
        style.fixed = fact.fixed;
        return std::max(paper.heightOf(fact.words, style, within),
                        paper.heightOf(fact.name, bold, names - 6));
    };
    writeHeading(paper, title, facts.empty() ? 0 : heightOf(facts.front()));
    for (const Fact& fact : facts) {
        TextStyle style = body;
        style.fixed = fact.fixed;
        const double height = heightOf(fact);
        paper.need(height);
        paper.draw({Paper::margin, paper.y(), names - 6, height}, fact.name, bold);
        paper.draw({Paper::margin + names, paper.y(), within, height}, fact.words, style);
        paper.skip(height + 2.5);
    }
}

void writeList(Paper& paper, const QString& title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    const auto item = [](const std::string& line) { return QStringLiteral("• ") + text(line); };
    writeHeading(paper, title, paper.heightOf(item(lines.front()), body, Paper::width));
    for (const std::string& line : lines) {
        paper.write(item(line), body);
        paper.skip(2);
    }
}

void writeAnswer(Paper& paper, const Report& report) {
    paper.write(text(report.title), {.size = 18, .bold = true});
    paper.write(text(reporting::countOf(report.comparison.groups().size(), "configuration") + ", " +
                     reporting::countOf(report.runs.size(), "run") + ", written " +
                     reporting::utcMinute(report.createdUs)),
                quiet);
    paper.skip(8);
    const TextStyle verdict{.size = 11, .bold = true};
    const QString said = text(report.comparison.verdict + ".");
    const double height = paper.heightOf(said, verdict, Paper::width - 24) + 16;
    const QRectF box(Paper::margin, paper.y(), Paper::width, height);
    paper.need(height);
    paper.fill(box, look.panel);
    paper.fill({box.left(), box.top(), 3, box.height()},
               colourOfTone(reporting::verdictTone(report.comparison)));
    paper.draw(box.adjusted(12, 8, -12, -8), said, verdict);
    paper.skip(height);
    writeList(paper, words("Before you rely on this"), report.comparison.warnings);
}

void writeWhatRan(Paper& paper, const Report& report) {
    std::vector<Fact> facts;
    for (const RunFact& fact : whatRan(report.runs))
        facts.push_back({text(fact.label), text(fact.text), fact.label == "command"});
    writeFacts(paper, words("What ran"), facts);
}

// What stands between a heading and its cards: a caption and the names of the colours.
double heightOfCaption(const Paper& paper, std::string_view caption) {
    return paper.heightOf(text(caption), quiet, Paper::width) + captionGap;
}

void writeCaption(Paper& paper, std::string_view caption) {
    paper.write(text(caption), quiet);
    paper.skip(captionGap);
}

void writeCurves(Paper& paper, const Report& report) {
    constexpr int perRow = 3;
    for (const reporting::CurveCharts& charts : reporting::curveCharts(report.comparison)) {
        std::vector<LineName> names;
        for (const Curve& curve : charts.family.curves) names.push_back({curve.mode, curve.label});
        std::vector<PrintedCard> cards;
        for (const reporting::CurveChart& chart : charts.charts) cards.push_back(curveCard(chart));
        writeHeading(
            paper,
            words("Over %1: %2").arg(text(curveAxisName(charts.family.axis)), text(charts.words)),
            heightOfNames(paper, names, Paper::width) + heightOfRow(cards, perRow));
        writeNames(paper, names);
        placeCards(paper, cards, perRow);
    }
}

void writeGlance(Paper& paper, const Report& report) {
    const std::vector<reporting::GlanceChart> charts = reporting::glanceCharts(report.comparison);
    std::vector<PrintedCard> cards;
    for (const reporting::GlanceChart& chart : charts)
        for (PrintedCard& card : barCards(paper, chart, halfWidth))
            cards.push_back(std::move(card));
    writeHeading(paper, words("At a glance"), heightOfRow(cards));
    placeCards(paper, cards);
}

void writeSchedules(Paper& paper, const Report& report) {
    const std::vector<reporting::ScheduleDrawing> drawings = reporting::schedules(report);
    if (drawings.empty()) return;
    std::vector<PrintedCard> cards;
    for (const reporting::ScheduleDrawing& drawing : drawings)
        cards.push_back(scheduleCard(drawing));
    writeHeading(paper, words("Schedules"),
                 heightOfCaption(paper, reporting::scheduleCaption) + heightOfRow(cards));
    writeCaption(paper, reporting::scheduleCaption);
    placeCards(paper, cards);
}

void writeRingSteps(Paper& paper, const Report& report) {
    const reporting::RingSteps steps = reporting::ringSteps(report);
    if (steps.pictures.empty()) return;
    std::vector<PrintedCard> cards;
    for (const reporting::RingPicture& picture : steps.pictures)
        if (cards.size() < reporting::openPictures) cards.push_back(ringCard(picture, steps));
    writeHeading(paper, words("Ring steps"),
                 heightOfCaption(paper, steps.caption) + heightOfLegend(paper, steps.kinds) +
                     heightOfRow(cards));
    writeCaption(paper, steps.caption);
    writeLegend(paper, steps.kinds);
    placeCards(paper, cards);
    if (cards.size() < steps.pictures.size())
        paper.write(
            words("%1 more are on the HTML page.").arg(steps.pictures.size() - cards.size()),
            quiet);
}

void writeMemory(Paper& paper, const Report& report) {
    const reporting::MemoryPicture memory = reporting::memoryPicture(report);
    if (memory.strips.rows.empty()) return;
    const std::vector<PrintedCard> cards = memoryCards(paper, memory);
    writeHeading(paper, words("Memory by category"),
                 heightOfCaption(paper, reporting::memoryCaption) +
                     heightOfLegend(paper, memory.kinds) + cards.front().height);
    writeCaption(paper, reporting::memoryCaption);
    writeLegend(paper, memory.kinds);
    for (const PrintedCard& card : cards) placeCard(paper, card);
}

void writeLosses(Paper& paper, const Report& report) {
    const std::vector<reporting::LossChart> charts = reporting::lossCharts(report);
    if (charts.empty()) return;
    writeHeading(paper, words("Loss"), lossCard(paper, charts.front()).height);
    for (const reporting::LossChart& chart : charts) placeCard(paper, lossCard(paper, chart));
}

void writeDefinitions(Paper& paper, const Report& report) {
    std::vector<Fact> facts;
    for (const reporting::Figure* figure : reporting::figuresOf(report.comparison))
        facts.push_back({text(figure->name), text(figure->definition)});
    for (const reporting::Definition& definition : reporting::definitions())
        facts.push_back({text(definition.term), text(definition.text)});
    writeFacts(paper, words("How the figures are defined"), facts);
}

std::vector<std::string> notesOf(const Report& report) {
    std::vector<std::string> notes;
    for (const RunRecord& run : report.runs)
        for (const std::string& note : run.notes)
            if (std::ranges::find(notes, note) == notes.end()) notes.push_back(note);
    return notes;
}

void writeAll(Paper& paper, const Report& report) {
    writeAnswer(paper, report);
    writeWhatRan(paper, report);
    writeCurves(paper, report);
    writeGlance(paper, report);
    writeSchedules(paper, report);
    writeRingSteps(paper, report);
    writeMemory(paper, report);
    writeTable(paper, words("Comparison"), reporting::comparisonRows(report));
    writeTable(paper, words("Patterns beside dense attention"), reporting::patternRows(report));
    writeTable(paper, words("Recall over distance"), reporting::recallRows(report));
    writeLosses(paper, report);
    writeTable(paper, words("Runs"), reporting::runRows(report));
    writeTable(paper, words("Ranks"), reporting::rankRows(report));
    writeTable(paper, words("Settings that differ"), reporting::differenceRows(report));
    writeTable(paper, words("Environment"), reporting::environmentRows(report));
    writeList(paper, words("Notes"), notesOf(report));
    writeDefinitions(paper, report);
}

PdfPages renderWith(const Report& report, int pages) {
    PdfPages rendered;
    QBuffer buffer(&rendered.bytes);
    buffer.open(QIODevice::WriteOnly);
    {
        Paper paper(&buffer, text(report.title), pages);
        writeAll(paper, report);
        rendered.pages = paper.page();
        rendered.placed = paper.placed();
    }
    return rendered;
}

}  // namespace

PdfPages renderPdf(const Report& report) {
    // The first time only counts the pages, which every footer names.
    return renderWith(report, renderWith(report, 0).pages);
}

Result<void> writePdf(const Report& report, const std::filesystem::path& file) {
    const PdfPages rendered = renderPdf(report);
    return writeOutput(
        file, {rendered.bytes.constData(), static_cast<std::size_t>(rendered.bytes.size())});
}

}  // namespace ringscope::ui
