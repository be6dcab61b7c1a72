#include "backend/compare/curves.h"
#include "backend/report/figure_table.h"
#include "backend/report/recording_pictures.h"
#include "backend/report/report_style.h"
#include "backend/report/svg_bars.h"
#include "backend/report/svg_curves.h"
#include "backend/report/svg_lines.h"
#include "backend/report/svg_marks.h"
#include "backend/report/tables.h"
#include "backend/report/what_ran.h"
#include "backend/report/wording.h"
#include "backend/report/writers.h"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

namespace ringscope::reporting {
namespace {

std::string_view toneClass(Tone tone) {
    switch (tone) {
        case Tone::Good:
            return "good";
        case Tone::Caution:
            return "caution";
        case Tone::Bad:
            return "bad";
        case Tone::Muted:
            return "muted";
        case Tone::Plain:
            break;
    }
    return "";
}

Attributes classes(Align align, Tone tone) {
    std::string names(align == Align::Right ? "number" : "");
    const std::string_view toned = toneClass(tone);
    if (!names.empty() && !toned.empty()) names += ' ';
    names += toned;
    return names.empty() ? Attributes{} : Attributes{{"class", names}};
}

void addCell(Markup& page, const Cell& cell) {
    page.text(cell.text);
    if (!cell.detail.empty()) page.element("small", cell.detail);
}

void addRow(Markup& page, const Table& table, const Row& row) {
    if (row.heading) {
        page.open("tr", {{"class", "heading"}});
        page.element("th", row.cells.front().text,
                     {{"scope", "rowgroup"}, {"colspan", std::to_string(table.columns.size())}});
        page.close();
        return;
    }
    page.open("tr").open("th", {{"scope", "row"}});
    if (!row.mode.empty()) addMarker(page, row.mode);
    addCell(page, row.cells.front());
    page.close();
    if (!row.absence.empty()) {
        const std::string span = std::to_string(table.columns.size() - 1);
        page.element("td", row.absence, {{"class", "bad"}, {"colspan", span}});
        page.close();
        return;
    }
    for (std::size_t i = 1; i < row.cells.size(); ++i) {
        page.open("td", classes(table.columns[i].align, row.cells[i].tone));
        addCell(page, row.cells[i]);
        page.close();
    }
    page.close();
}

void addTable(Markup& page, const Table& table) {
    page.open("div", {{"class", "scroll"}, {"tabindex", "0"}}).open("table");
    page.open("thead").open("tr");
    bool first = true;
    for (const Column& column : table.columns) {
        Attributes attributes = classes(first ? Align::Left : column.align, Tone::Plain);
        attributes.emplace_back("scope", "col");
        page.element("th", column.header, attributes);
        first = false;
    }
    page.close().close().open("tbody");
    for (const Row& row : table.rows) addRow(page, table, row);
    page.close().close().close();
}

void openSection(Markup& page, std::string_view title) {
    page.open("section").element("h2", title);
}

void addFolded(Markup& page, std::string_view summary, const Table& table) {
    if (table.rows.empty()) return;
    page.open("details").element("summary", summary);
    addTable(page, table);
    page.close();
}

void addHead(Markup& page, const Report& report) {
    page.open("head");
    page.empty("meta", {{"charset", "utf-8"}});
    page.empty("meta", {{"http-equiv", "Content-Security-Policy"},
                        {"content", "default-src 'none'; style-src 'unsafe-inline'"}});
    page.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
    page.empty("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
    page.empty("meta", {{"name", "referrer"}, {"content", "no-referrer"}});
    page.element("title", report.title);
    page.raw("\n").open("style").raw(reportStyle()).close();
    page.close();
}

std::string subtitle(const Report& report) {
    const std::string created = utcMinute(report.createdUs);
    std::string text = countOf(report.comparison.groups().size(), "configuration") + ", " +
                       countOf(report.runs.size(), "run");
    return created.empty() ? text : text + ", written " + created;
}

void addAnswer(Markup& page, const Report& report) {
    const Comparison& comparison = report.comparison;
    page.open("header").element("h1", report.title);
    page.element("p", subtitle(report), {{"class", "subtitle"}});
    page.element("p", comparison.verdict + ".",
                 {{"class", fmt::format("verdict {}", toneClass(verdictTone(comparison)))}});
    page.close();
    if (comparison.warnings.empty()) return;
    page.open("aside", {{"class", "warnings"}}).element("h2", "Before you rely on this").open("ul");
    for (const std::string& warning : comparison.warnings) page.element("li", warning);
    page.close().close();
}

// Not folded: on paper, too, a reader must see what the figures are of.
void addWhatRan(Markup& page, const Report& report) {
    openSection(page, "What ran");
    page.open("dl", {{"class", "facts"}});
    for (const RunFact& fact : whatRan(report.runs)) {
        const Attributes typed =
            fact.label == "command" ? Attributes{{"class", "command"}} : Attributes{};
        page.element("dt", fact.label).element("dd", fact.text, typed);
    }
    page.close().close();
}

Bar barOf(const RunGroup& group, const Figure& figure) {
    Bar bar;
    bar.label = group.rowLabel;
    bar.mode = group.mode;
    const std::optional<Spread>& spread = group.*figure.spread;
    if (spread) {
        bar.value = spread->median;
        bar.low = spread->low;
        bar.high = spread->high;
        bar.words = formatSpread(spread, figure.format);
    } else {
        bar.words = absenceWords(group);
        if (bar.words.empty()) bar.words = "not measured";
    }
    if (figure.spread == &RunGroup::attentionBytesPerStep && group.predictedAttentionBytesPerStep)
        bar.predicted = group.predictedAttentionBytesPerStep->median;
    return bar;
}

std::string captionOf(const Figure& figure) {
    switch (figure.better) {
        case Better::Higher:
            return std::string(figure.name) + ", higher is better";
        case Better::Lower:
            return std::string(figure.name) + ", lower is better";
        case Better::Neither:
            break;
    }
    return std::string(figure.name);
}

// The figure of every configuration, a group of bars for each section.
void addBars(Markup& page, const Comparison& comparison, std::string_view title,
             std::string_view jsonName, std::string_view remark) {
    const Figure& shown = figure(jsonName);
    const std::vector<const RunGroup*> groups = comparison.groups();
    BarChart chart{"chart-" + std::string(jsonName), {}};
    bool dashed = false;
    for (const Section& section : comparison.sections) {
        BarGroup bars{section.title(), {}, std::nullopt};
        for (const std::size_t index : section.groups)
            bars.bars.push_back(barOf(*groups[index], shown));
        const auto& baseline = groups[section.baseline]->*shown.spread;
        if (baseline && section.groups.size() > 1 && section.holdsBaseline()) {
            bars.baseline = baseline->median;
            dashed = true;
        }
        chart.groups.push_back(std::move(bars));
    }
    page.open("figure").open("figcaption").element("b", title);
    page.text(" " + captionOf(shown) + (dashed ? "; dashed: the baseline" : "") +
              std::string(remark));
    page.close().append(drawBars(chart)).close();
}

void addCharts(Markup& page, const Comparison& comparison) {
    openSection(page, "At a glance");
    page.open("div", {{"class", "charts"}});
    addBars(page, comparison, "Speed", "tokens_per_s", "");
    addBars(page, comparison, "Memory", "peak_bytes", "");
    addBars(page, comparison, "Communication", "comm_bytes_per_step",
            "; the outline is what the schedule predicts");
    const std::vector<const Figure*> known = figuresOf(comparison);
    for (const auto& [title, jsonName] : {std::pair("Exposed communication", "exposed_ms_per_step"),
                                          std::pair("Wait", "wait_ms_per_step")})
        if (std::ranges::find(known, &figure(jsonName)) != known.end())
            addBars(page, comparison, title, jsonName, "");
    page.close().close();
}

// A figure over an axis; `factor` turns it into the unit of the title.
struct CurveFigure {
    std::string_view jsonName;
    std::string title;
    double factor = 1;
};

std::vector<CurveFigure> curveFigures(const Comparison& comparison) {
    double most = 0;
    for (const RunGroup* group : comparison.groups())
        if (group->peakBytes) most = std::max(most, group->peakBytes->high);
    const ByteUnit unit = byteUnit(most);
    return {{"tokens_per_s", "Tokens/s", 1},
            {"step_ms", "Step time, ms", 1},
            {"peak_bytes", "Peak memory, " + std::string(unit.name), 1 / unit.bytes}};
}

MeasuredCurve curveOf(const Comparison& comparison, const Curve& curve, const CurveFigure& shown) {
    const Figure& of = figure(shown.jsonName);
    const std::vector<const RunGroup*> groups = comparison.groups();
    MeasuredCurve drawn{curve.label, curve.mode, {}};
    for (const CurvePoint& point : curve.points) {
        const std::optional<Spread>& spread = groups[point.group]->*of.spread;
        if (!spread) continue;
        drawn.points.push_back({point.at, spread->median * shown.factor, spread->low * shown.factor,
                                spread->high * shown.factor, formatSpread(spread, of.format)});
    }
    return drawn;
}

void addFamily(Markup& page, const Comparison& comparison, const CurveFamily& family,
               const std::string& id) {
    page.open("p", {{"class", "legend"}});
    for (const Curve& curve : family.curves) {
        page.open("span");
        addMarker(page, curve.mode);
        page.text(curve.label).close().raw("\n");
    }
    page.close().open("div", {{"class", "charts"}});
    for (const CurveFigure& shown : curveFigures(comparison)) {
        CurveChart chart{id + "-" + std::string(shown.jsonName),
                         shown.title,
                         family.axis == CurveAxis::Length ? "tokens" : "ranks",
                         {}};
        for (const Curve& curve : family.curves)
            chart.curves.push_back(curveOf(comparison, curve, shown));
        page.open("figure").open("figcaption").element("b", shown.title).close();
        page.append(drawCurves(chart)).close();
    }
    page.close();
}

// The first families are open, the others folded: a sweep over many lengths has many of ranks.
void addCurves(Markup& page, const Comparison& comparison) {
    constexpr int open = 2;
    const std::vector<CurveFamily> families = curveFamilies(comparison);
    for (const CurveAxis axis : {CurveAxis::Length, CurveAxis::Ranks}) {
        int shown = 0;
        for (const CurveFamily& family : families) {
            if (family.axis != axis) continue;
            const std::string name(curveAxisName(axis));
            if (shown == 0) {
                openSection(page, "Over " + name);
                page.element("p",
                             "Both axes are logarithmic; a vertical line is the interval of "
                             "the repeats.",
                             {{"class", "muted"}});
            }
            const std::string id = fmt::format("curve-{}-{}", name, shown);
            const std::string words = family.shared.empty() ? "all" : family.shared;
            Attributes attributes;
            if (shown++ < open) attributes.emplace_back("open", "open");
            page.open("details", attributes).element("summary", words);
            addFamily(page, comparison, family, id);
            page.close();
        }
        if (shown > 0) page.close();
    }
}

// Losses of one computation lie on each other; those of others have nothing to do with them.
void addLossChart(Markup& page, const std::vector<GroupLosses>& all, const std::string& id) {
    LineChart chart{id, "Loss over steps", "", "step", "loss", {}};
    for (const GroupLosses& losses : all) {
        Line line{losses.group->rowLabel, losses.group->mode, {}};
        for (const StepRecord& step : losses.run->steps)
            line.points.push_back({static_cast<double>(step.step), step.loss});
        chart.lines.push_back(std::move(line));
    }
    chart.caption = fmt::format(
        "Loss of {} over training steps; lines that lie on each other train "
        "the same model. The figures are in the table below.",
        countOf(chart.lines.size(), "configuration"));
    page.open("figure").element(
        "figcaption", "lines that lie on each other train the same model; a marker shows whose");
    page.append(drawLines(chart)).close();
    addFolded(page, "Loss as a table", lossRows(all));
}

void addLosses(Markup& page, const Report& report) {
    const Comparison& comparison = report.comparison;
    const std::vector<GroupLosses> all = groupLosses(report);
    if (all.empty()) return;
    const std::vector<const RunGroup*> groups = comparison.groups();
    openSection(page, "Loss");
    int number = 0;
    for (const Section& section : comparison.sections) {
        std::vector<GroupLosses> here;
        for (const GroupLosses& losses : all)
            for (const std::size_t index : section.groups)
                if (losses.group == groups[index]) here.push_back(losses);
        if (here.empty()) continue;
        const std::string title = section.title();
        const std::string id = "chart-loss" + (number > 0 ? std::to_string(number) : std::string());
        Attributes attributes;
        if (number++ == 0) attributes.emplace_back("open", "open");
        if (!title.empty()) page.open("details", attributes).element("summary", title);
        addLossChart(page, here, id);
        if (!title.empty()) page.close();
    }
    page.close();
}

void addSettings(Markup& page, const Report& report) {
    openSection(page, "Settings");
    if (report.comparison.differences.empty())
        page.element("p", "The configurations differ in nothing but the mode.");
    else
        addTable(page, differenceRows(report));
    addFolded(page, "Settings that all runs share", sharedSettings(report));
    page.close();
}

void addDefinitions(Markup& page, const Comparison& comparison) {
    openSection(page, "How the figures are defined");
    page.open("dl");
    for (const Figure* figure : figuresOf(comparison))
        page.element("dt", figure->name).element("dd", figure->definition);
    for (const Definition& definition : definitions())
        page.element("dt", definition.term).element("dd", definition.text);
    page.close().close();
}

void addNotes(Markup& page, const Report& report) {
    std::vector<std::string> notes;
    for (const RunRecord& run : report.runs)
        for (const std::string& note : run.notes)
            if (std::ranges::find(notes, note) == notes.end()) notes.push_back(note);
    if (notes.empty()) return;
    openSection(page, "Notes");
    page.open("ul");
    for (const std::string& note : notes) page.element("li", note);
    page.close().close();
}

void addSection(Markup& page, std::string_view title, const Table& table) {
    if (table.rows.empty()) return;
    openSection(page, title);
    addTable(page, table);
    page.close();
}

}  // namespace

std::string writeHtml(const Report& report) {
    Markup page;
    page.raw("<!DOCTYPE html>\n").open("html", {{"lang", "en"}});
    addHead(page, report);
    page.open("body").open("main");
    addAnswer(page, report);
    addWhatRan(page, report);
    addCurves(page, report.comparison);
    addCharts(page, report.comparison);
    addRingSteps(page, report);
    addMemory(page, report);
    addSection(page, "Comparison", comparisonRows(report));
    addLosses(page, report);
    openSection(page, "Runs");
    addTable(page, runRows(report));
    addFolded(page, "Ranks", rankRows(report));
    page.close();
    addSettings(page, report);
    addSection(page, "Environment", environmentRows(report));
    addNotes(page, report);
    addDefinitions(page, report.comparison);
    page.element("footer", "Written by Ringscope. This page loads nothing from anywhere.");
    page.close().close().close();
    return page.written();
}

}  // namespace ringscope::reporting
