#include "ui/print/pdf_report.h"

#include "backend/core/output_file.h"
#include "backend/core/text.h"
#include "backend/report/figure_table.h"
#include "backend/report/pattern_tables.h"
#include "backend/report/tables.h"
#include "backend/report/what_ran.h"
#include "backend/report/wording.h"
#include "ui/print/report_charts.h"
#include "ui/widgets/parts.h"

#include <QBuffer>
#include <QCoreApplication>
#include <algorithm>
#include <numeric>

namespace ringscope::ui {
namespace {

using reporting::Align;
using reporting::Cell;
using reporting::Row;
using reporting::Table;
using reporting::Tone;

const TextStyle body{.size = 8.5};
const TextStyle quiet{.size = 8, .colour = look.mutedText};
const TextStyle heading{.size = 12, .bold = true};
constexpr double tableMark = 6;
constexpr double cellGap = 6;

ColourPair colourOfTone(Tone tone) {
    switch (tone) {
        case Tone::Good:
            return look.good;
        case Tone::Caution:
            return look.caution;
        case Tone::Bad:
            return look.bad;
        case Tone::Muted:
            return look.mutedText;
        case Tone::Plain:
            break;
    }
    return look.text;
}

QString words(const char* english) { return QCoreApplication::translate("PdfReport", english); }

// `following`: what has to stand under it on the same page.
void writeHeading(Paper& paper, const QString& words, double following = 60) {
    paper.skip(14);
    paper.need(20 + following);
    paper.write(words, heading);
    paper.skip(5);
}

// --- tables --------------------------------------------------------------------------------------

// A table on paper has small type.
class PrintedTable {
public:
    PrintedTable(Paper& paper, const Table& table) : paper_(paper), table_(table) {
        // The widest word decides; where all are too wide together, the type gets smaller.
        constexpr double smallest = 6.5;  // that is read without a glass
        for (type_ = 7.5; !fits_ && type_ >= smallest; type_ -= 0.5) {
            measure();
            fits_ = wanted() <= Paper::width;
        }
        type_ += 0.5;
        spread();
    }

    // No word is broken.
    bool fits() const { return fits_; }

    void write() {
        writeHead();
        for (const Row& row : table_.rows) {
            if (paper_.need(heightOf(row))) writeHead();
            writeRow(row);
        }
        paper_.skip(6);
    }

private:
    TextStyle style(Tone tone = Tone::Plain, Align align = Align::Left) const {
        TextStyle style{.size = type_, .colour = colourOfTone(tone)};
        style.align = align == Align::Right ? Qt::AlignRight : Qt::AlignLeft;
        return style;
    }
    TextStyle detailStyle(Align align) const {
        TextStyle small = style(Tone::Muted, align);
        small.size = std::max(4.0, type_ - 1);
        return small;
    }
    double wanted() const { return std::accumulate(widths_.begin(), widths_.end(), 0.0); }

    double widestWord(const std::string& words, const TextStyle& style) const {
        double widest = 0;
        for (const std::string& word : split(words, ' '))
            widest = std::max(widest, paper_.widthOf(text(word), style));
        return widest;
    }

    void measure() {
        widths_.assign(table_.columns.size(), 0);
        TextStyle bold = style();
        bold.bold = true;
        for (std::size_t i = 0; i < table_.columns.size(); ++i)
            widths_[i] = widestWord(table_.columns[i].header, bold);
        for (const Row& row : table_.rows) {
            if (row.heading) continue;
            const std::size_t cells = row.absence.empty() ? row.cells.size() : 1;
            for (std::size_t i = 0; i < cells; ++i) {
                const double word = table_.columns[i].align == Align::Right
                                        ? paper_.widthOf(text(row.cells[i].text), style())
                                        : widestWord(row.cells[i].text, i == 0 ? bold : style());
                const double detail = widestWord(row.cells[i].detail, detailStyle(Align::Left));
                widths_[i] =
                    std::max(widths_[i], std::max(word, detail) + (i == 0 ? tableMark + 3 : 0));
            }
        }
        constexpr double rounding = 0.5;
        for (double& width : widths_)
            width = std::min(width + cellGap + rounding, Paper::width / 2);
    }

    // What is left over goes to the columns of words; what lacks is taken from all.
    void spread() {
        const double left = Paper::width - wanted();
        if (left < 0) {
            for (double& width : widths_) width *= Paper::width / (Paper::width - left);
            return;
        }
        std::vector<std::size_t> words;
        for (std::size_t i = 0; i < widths_.size(); ++i)
            if (i == 0 || table_.columns[i].align == Align::Left) words.push_back(i);
        for (const std::size_t i : words) widths_[i] += left / static_cast<double>(words.size());
    }

    double cellHeight(const Cell& cell, std::size_t column) const {
        const double within = widths_[column] - cellGap - (column == 0 ? tableMark + 3 : 0);
        double height = paper_.heightOf(text(cell.text), style(), within);
        if (!cell.detail.empty())
            height += paper_.heightOf(text(cell.detail), detailStyle(Align::Left), within);
        return height;
    }

    double heightOf(const Row& row) const {
        double height = 0;
        for (std::size_t i = 0; i < (row.absence.empty() && !row.heading ? row.cells.size() : 1);
             ++i)
            height = std::max(height, cellHeight(row.cells[i], i));
        if (!row.absence.empty())
            height = std::max(height, paper_.heightOf(text(row.absence), style(),
                                                      Paper::width - widths_.front()));
        return height + 5;
    }

    void writeHead() {
        TextStyle bold = style(Tone::Muted);
        bold.bold = true;
        double height = 0;
        for (std::size_t i = 0; i < widths_.size(); ++i)
            height = std::max(height, paper_.heightOf(text(table_.columns[i].header), bold,
                                                      widths_[i] - cellGap));
        paper_.need(height + 20);
        double x = Paper::margin;
        for (std::size_t i = 0; i < widths_.size(); ++i) {
            bold.align =
                i > 0 && table_.columns[i].align == Align::Right ? Qt::AlignRight : Qt::AlignLeft;
            paper_.draw({x, paper_.y(), widths_[i] - cellGap, height},
                        text(table_.columns[i].header), bold);
            x += widths_[i];
        }
        paper_.skip(height + 3);
    }

    void writeRow(const Row& row) {
        const double height = heightOf(row);
        const double y = paper_.y();
        paper_.line({Paper::margin, y}, {Paper::margin + Paper::width, y}, look.line);
        if (row.heading) {
            TextStyle bold = style();
            bold.bold = true;
            paper_.draw({Paper::margin, y + 2, Paper::width, height}, text(row.cells.front().text),
                        bold);
            paper_.skip(height);
            return;
        }
        double x = Paper::margin;
        for (std::size_t i = 0; i < (row.absence.empty() ? row.cells.size() : 1); ++i) {
            writeCell(row, i, {x, y + 2, widths_[i] - cellGap, height - 2});
            x += widths_[i];
        }
        if (!row.absence.empty())
            paper_.draw({x, y + 2, Paper::margin + Paper::width - x, height}, text(row.absence),
                        style(Tone::Bad));
        paper_.skip(height);
    }

    void writeCell(const Row& row, std::size_t column, QRectF at) {
        const Cell& cell = row.cells[column];
        const Align align = column == 0 ? Align::Left : table_.columns[column].align;
        TextStyle shown = style(cell.tone, align);
        if (column == 0) {
            if (!row.mode.empty())
                paper_.mark(row.mode, {at.left(), at.top() + 1, tableMark, tableMark});
            at.adjust(row.mode.empty() ? 0 : tableMark + 3, 0, 0, 0);
            shown.bold = true;
        }
        const double height = paper_.heightOf(text(cell.text), shown, at.width());
        paper_.draw({at.left(), at.top(), at.width(), height}, text(cell.text), shown);
        if (!cell.detail.empty())
            paper_.draw(at.adjusted(0, height, 0, 0), text(cell.detail), detailStyle(align));
    }

    Paper& paper_;
    const Table& table_;
    double type_ = 7.5;
    bool fits_ = false;
    std::vector<double> widths_;
};

// The first column, and those from `begin` to before `end`.
Table columnsOf(const Table& table, std::size_t begin, std::size_t end) {
    const auto cut = [&](const auto& all) {
        auto some = all;
        some.assign(all.begin() + static_cast<long>(begin), all.begin() + static_cast<long>(end));
        some.insert(some.begin(), all.front());
        return some;
    };
    Table part{cut(table.columns), table.rows};
    for (Row& row : part.rows)
        if (!row.heading && row.absence.empty()) row.cells = cut(row.cells);
    return part;
}

// Columns that do not fit beside each other come below, each time behind the first: a row per
// configuration has 18.
void writeTable(Paper& paper, const QString& title, const Table& table) {
    if (table.rows.empty()) return;
    writeHeading(paper, title);
    const std::size_t columns = table.columns.size();
    for (std::size_t begin = 1; begin < columns;) {
        std::size_t end = begin + 1;
        while (end < columns && PrintedTable(paper, columnsOf(table, begin, end + 1)).fits()) ++end;
        PrintedTable(paper, columnsOf(table, begin, end)).write();
        begin = end;
    }
}

// --- sections ------------------------------------------------------------------------------------

// Names on the left, what they are on the right.
struct Fact {
    QString name;
    QString words;
    bool fixed = false;
};

void writeFacts(Paper& paper, const std::vector<Fact>& facts) {
    TextStyle bold = body;
    bold.bold = true;
    double names = 0;
    for (const Fact& fact : facts) names = std::max(names, paper.widthOf(fact.name, bold));
    names = std::min(names + 12, Paper::width / 3);
    for (const Fact& fact : facts) {
        TextStyle style = body;
        style.fixed = fact.fixed;
        const double within = Paper::width - names;
        const double height = std::max(paper.heightOf(fact.words, style, within),
                                       paper.heightOf(fact.name, bold, names - 6));
        paper.need(height);
        paper.draw({Paper::margin, paper.y(), names - 6, height}, fact.name, bold);
        paper.draw({Paper::margin + names, paper.y(), within, height}, fact.words, style);
        paper.skip(height + 2.5);
    }
}

void writeList(Paper& paper, const QString& title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    writeHeading(paper, title, 20);
    for (const std::string& line : lines) {
        paper.write(QStringLiteral("• ") + text(line), body);
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
    writeHeading(paper, words("What ran"));
    std::vector<Fact> facts;
    for (const RunFact& fact : whatRan(report.runs))
        facts.push_back({text(fact.label), text(fact.text), fact.label == "command"});
    writeFacts(paper, facts);
}

void writeCurves(Paper& paper, const Report& report) {
    for (const reporting::CurveCharts& charts : reporting::curveCharts(report.comparison)) {
        writeHeading(
            paper,
            words("Over %1: %2").arg(text(curveAxisName(charts.family.axis)), text(charts.words)),
            150);
        std::vector<std::pair<std::string, std::string>> names;
        for (const Curve& curve : charts.family.curves) names.emplace_back(curve.mode, curve.label);
        writeNames(paper, names);
        std::vector<PrintedCard> cards;
        for (const reporting::CurveChart& chart : charts.charts) cards.push_back(curveCard(chart));
        placeCards(paper, cards, 3);
    }
}

void writeGlance(Paper& paper, const Report& report) {
    const std::vector<reporting::GlanceChart> charts = reporting::glanceCharts(report.comparison);
    std::vector<PrintedCard> cards;
    for (const reporting::GlanceChart& chart : charts)
        for (PrintedCard& card : barCards(paper, chart, halfWidth))
            cards.push_back(std::move(card));
    writeHeading(paper, words("At a glance"), cards.front().height);
    placeCards(paper, cards);
}

void writeSchedules(Paper& paper, const Report& report) {
    const std::vector<reporting::ScheduleDrawing> drawings = reporting::schedules(report);
    if (drawings.empty()) return;
    std::vector<PrintedCard> cards;
    for (const reporting::ScheduleDrawing& drawing : drawings)
        cards.push_back(scheduleCard(drawing));
    writeHeading(paper, words("Schedules"), 20 + cards.front().height);
    paper.write(text(reporting::scheduleCaption), quiet);
    paper.skip(4);
    placeCards(paper, cards);
}

void writeRecordings(Paper& paper, const Report& report) {
    const reporting::RingSteps steps = reporting::ringSteps(report);
    if (!steps.pictures.empty()) {
        std::vector<PrintedCard> cards;
        for (const reporting::RingPicture& picture : steps.pictures)
            if (cards.size() < reporting::openPictures) cards.push_back(ringCard(picture, steps));
        writeHeading(paper, words("Ring steps"), 40 + cards.front().height);
        paper.write(text(steps.caption), quiet);
        paper.skip(4);
        writeLegend(paper, steps.kinds);
        placeCards(paper, cards);
        if (cards.size() < steps.pictures.size())
            paper.write(
                words("%1 more are on the HTML page.").arg(steps.pictures.size() - cards.size()),
                quiet);
    }
    const reporting::MemoryPicture memory = reporting::memoryPicture(report);
    if (memory.strips.rows.empty()) return;
    const std::vector<PrintedCard> cards = memoryCards(memory);
    writeHeading(paper, words("Memory by category"), 40 + cards.front().height);
    paper.write(text(reporting::memoryCaption), quiet);
    paper.skip(4);
    writeLegend(paper, memory.kinds);
    for (const PrintedCard& card : cards) placeCard(paper, card);
}

void writeLosses(Paper& paper, const Report& report) {
    const std::vector<reporting::LossChart> charts = reporting::lossCharts(report);
    if (charts.empty()) return;
    writeHeading(paper, words("Loss"), lossCard(charts.front()).height);
    for (const reporting::LossChart& chart : charts) placeCard(paper, lossCard(chart));
}

void writeDefinitions(Paper& paper, const Report& report) {
    writeHeading(paper, words("How the figures are defined"));
    std::vector<Fact> facts;
    for (const reporting::Figure* figure : reporting::figuresOf(report.comparison))
        facts.push_back({text(figure->name), text(figure->definition)});
    for (const reporting::Definition& definition : reporting::definitions())
        facts.push_back({text(definition.term), text(definition.text)});
    writeFacts(paper, facts);
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
    writeRecordings(paper, report);
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
