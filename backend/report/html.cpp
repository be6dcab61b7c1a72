#include "backend/report/charts.h"
#include "backend/report/figure_table.h"
#include "backend/report/html_table.h"
#include "backend/report/pattern_tables.h"
#include "backend/report/recording_pictures.h"
#include "backend/report/report_style.h"
#include "backend/report/schedules.h"
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

void openSection(Markup& page, std::string_view title) {
    page.open("section").element("h2", title);
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

void addCharts(Markup& page, const Comparison& comparison) {
    openSection(page, "At a glance");
    page.open("div", {{"class", "charts"}});
    for (const GlanceChart& chart : glanceCharts(comparison)) {
        page.open("figure").open("figcaption").element("b", chart.title);
        page.text(" " + chart.caption).close().append(drawBars(chart.bars)).close();
    }
    page.close().close();
}

void addFamily(Markup& page, const CurveCharts& charts) {
    page.open("p", {{"class", "legend"}});
    for (const Curve& curve : charts.family.curves) {
        page.open("span");
        addMarker(page, curve.mode);
        page.text(curve.label).close().raw("\n");
    }
    page.close().open("div", {{"class", "charts"}});
    for (const CurveChart& chart : charts.charts) {
        page.open("figure").open("figcaption").element("b", chart.title).close();
        page.append(drawCurves(chart)).close();
    }
    page.close();
}

// The first families are open, the others folded: a sweep over many lengths has many of ranks.
void addCurves(Markup& page, const Comparison& comparison) {
    constexpr int open = 2;
    const std::vector<CurveCharts> all = curveCharts(comparison);
    for (const CurveAxis axis : {CurveAxis::Length, CurveAxis::Ranks}) {
        int shown = 0;
        for (const CurveCharts& charts : all) {
            if (charts.family.axis != axis) continue;
            if (shown == 0) {
                openSection(page, "Over " + std::string(curveAxisName(axis)));
                page.element("p",
                             "Both axes are logarithmic; a vertical line is the interval of "
                             "the repeats.",
                             {{"class", "muted"}});
            }
            Attributes attributes;
            if (shown++ < open) attributes.emplace_back("open", "open");
            page.open("details", attributes).element("summary", charts.words);
            addFamily(page, charts);
            page.close();
        }
        if (shown > 0) page.close();
    }
}

void addLosses(Markup& page, const Report& report) {
    const std::vector<LossChart> charts = lossCharts(report);
    if (charts.empty()) return;
    openSection(page, "Loss");
    for (const LossChart& chart : charts) {
        Attributes attributes;
        if (&chart == &charts.front()) attributes.emplace_back("open", "open");
        if (!chart.section.empty())
            page.open("details", attributes).element("summary", chart.section);
        page.open("figure").element(
            "figcaption",
            "lines that lie on each other train the same model; a marker shows whose");
        page.append(drawLines(chart.lines)).close();
        addFolded(page, "Loss as a table", lossRows(chart.losses));
        if (!chart.section.empty()) page.close();
    }
    page.close();
}

void addRecall(Markup& page, const Report& report) {
    const LineChart chart = recallChart(report);
    if (chart.lines.empty()) return;
    openSection(page, "Recall over distance");
    page.open("figure").element("figcaption", recallCaption);
    page.append(drawLines(chart)).close();
    addTable(page, recallRows(report));
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
    addSchedules(page, report);
    addRingSteps(page, report);
    addMemory(page, report);
    addSection(page, "Comparison", comparisonRows(report));
    addSection(page, "Patterns beside dense attention", patternRows(report));
    addRecall(page, report);
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
