#include "backend/report/charts.h"

#include "backend/report/figure_table.h"
#include "backend/report/wording.h"
#include "backend/run/run_history.h"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

namespace ringscope::reporting {
namespace {

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
    const Figure* predicted = predictionOf(figure);
    if (predicted != nullptr && (group.*predicted->spread))
        bar.predicted = (group.*predicted->spread)->median;
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
GlanceChart glanceChart(const Comparison& comparison, std::string title, std::string_view jsonName,
                        std::string_view remark) {
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
    return {std::move(title),
            captionOf(shown) + (dashed ? "; dashed: the baseline" : "") + std::string(remark),
            std::move(chart)};
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

// A line of its own for each configuration that has validations. Returns whether there are any.
bool addValidations(const std::vector<GroupLosses>& all, LineChart& chart) {
    bool any = false;
    for (const GroupLosses& losses : all) {
        const RunHistory history = historyOf(*losses.run);
        if (history.validations.empty()) continue;
        any = true;
        Line line{losses.group->rowLabel + ", validation", losses.group->mode, {}, true};
        for (const ValidationRecord& validation : history.validations)
            line.points.push_back({static_cast<double>(validation.step), validation.loss});
        chart.lines.push_back(std::move(line));
    }
    return any;
}

// Losses of one computation, a line a configuration.
LineChart lossLines(const std::vector<GroupLosses>& all, const std::string& id) {
    LineChart chart{id, "Loss over steps", "", "step", "loss", {}};
    for (const GroupLosses& losses : all) {
        Line line{losses.group->rowLabel, losses.group->mode, {}};
        const RunHistory history = historyOf(*losses.run);
        for (const StepRecord& step : history.steps)
            line.points.push_back({static_cast<double>(step.step), step.loss});
        chart.lines.push_back(std::move(line));
        chart.cuts.insert(chart.cuts.end(), history.cuts.begin(), history.cuts.end());
    }
    const bool validated = addValidations(all, chart);
    chart.caption = fmt::format(
        "Loss of {} over training steps{}; lines that lie on each other train "
        "the same model.{} The figures are in the table below.",
        countOf(all.size(), "configuration"),
        validated ? ", and of data that is kept out of training" : "",
        chart.cuts.empty() ? "" : " A dotted line: a run goes on from another's checkpoint.");
    return chart;
}

}  // namespace

std::vector<GlanceChart> glanceCharts(const Comparison& comparison) {
    const std::vector<const Figure*> known = figuresOf(comparison);
    const auto isKnown = [&](std::string_view jsonName) {
        return std::ranges::find(known, &figure(jsonName)) != known.end();
    };
    const std::string_view foretold =
        isKnown("predicted_step_ms") ? "; the outline is what was predicted" : "";
    std::vector<GlanceChart> charts = {
        glanceChart(comparison, "Speed", "tokens_per_s", foretold),
        glanceChart(comparison, "Memory", "peak_bytes", "; the outline is what the plan predicts"),
        glanceChart(comparison, "Communication", "comm_bytes_per_step",
                    "; the outline is what the schedule predicts"),
    };
    for (const auto& [title, jsonName] : {std::pair("Exposed communication", "exposed_ms_per_step"),
                                          std::pair("Wait", "wait_ms_per_step")})
        if (isKnown(jsonName)) charts.push_back(glanceChart(comparison, title, jsonName, foretold));
    return charts;
}

std::vector<CurveCharts> curveCharts(const Comparison& comparison) {
    std::vector<CurveCharts> all;
    for (const CurveAxis axis : {CurveAxis::Length, CurveAxis::Ranks}) {
        int number = 0;
        for (CurveFamily& family : curveFamilies(comparison)) {
            if (family.axis != axis) continue;
            const std::string id = fmt::format("curve-{}-{}", curveAxisName(axis), number++);
            CurveCharts charts;
            charts.words = family.shared.empty() ? "all" : family.shared;
            for (const CurveFigure& shown : curveFigures(comparison)) {
                CurveChart chart{id + "-" + std::string(shown.jsonName),
                                 shown.title,
                                 axis == CurveAxis::Length ? "tokens" : "ranks",
                                 {}};
                for (const Curve& curve : family.curves)
                    chart.curves.push_back(curveOf(comparison, curve, shown));
                charts.charts.push_back(std::move(chart));
            }
            charts.family = std::move(family);
            all.push_back(std::move(charts));
        }
    }
    return all;
}

std::vector<LossChart> lossCharts(const Report& report) {
    const std::vector<GroupLosses> all = groupLosses(report);
    const std::vector<const RunGroup*> groups = report.comparison.groups();
    std::vector<LossChart> charts;
    for (const Section& section : report.comparison.sections) {
        std::vector<GroupLosses> here;
        for (const GroupLosses& losses : all)
            for (const std::size_t index : section.groups)
                if (losses.group == groups[index]) here.push_back(losses);
        if (here.empty()) continue;
        const std::string id =
            "chart-loss" + (charts.empty() ? std::string() : std::to_string(charts.size()));
        charts.push_back({section.title(), lossLines(here, id), std::move(here)});
    }
    return charts;
}

}  // namespace ringscope::reporting
