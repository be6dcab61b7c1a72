#include "backend/report/svg_bars.h"

#include "backend/report/svg_marks.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <set>

namespace ringscope::reporting {
namespace {

constexpr double rowHeight = 28;
constexpr double barHeight = 16;
constexpr double markerRoom = 20;

// Where things lie: labels left, bars in the middle, values behind the longest bar.
struct Geometry {
    double left = 0;   // of the bars
    double scale = 0;  // pixels per unit
    double height = 0;

    double at(double value) const { return left + value * scale; }
    double middle(std::size_t row) const { return (static_cast<double>(row) + 0.5) * rowHeight; }
};

bool isDrawn(const Bar& bar) { return bar.value && std::isfinite(*bar.value) && *bar.value >= 0; }

double reach(const Bar& bar) {
    if (!isDrawn(bar)) return 0;
    const double predicted = bar.predicted.value_or(0);
    return std::max({*bar.value, bar.high, std::isfinite(predicted) ? predicted : 0.0});
}

Geometry layOut(const BarChart& chart) {
    double labels = 60, values = 40, longest = 0;
    for (const Bar& bar : chart.bars) {
        labels = std::max(labels, textWidth(shortened(bar.label, longestChartLabel)));
        if (isDrawn(bar)) values = std::max(values, textWidth(bar.words));
        longest = std::max(longest, reach(bar));
    }
    Geometry geometry;
    geometry.left = markerRoom + labels + 12;
    const double room = std::max(80.0, chartWidth - geometry.left - values - 16);
    geometry.scale = longest > 0 ? room / longest : 0;
    geometry.height = static_cast<double>(chart.bars.size()) * rowHeight;
    return geometry;
}

void drawInterval(Markup& svg, const Bar& bar, const Geometry& geometry, double middle) {
    if (!(bar.low < bar.high)) return;
    const std::string low = coordinate(geometry.at(bar.low));
    const std::string high = coordinate(geometry.at(bar.high));
    const std::string top = coordinate(middle - 4);
    const std::string bottom = coordinate(middle + 4);
    const std::string path = fmt::format("M{0} {2}V{3}M{1} {2}V{3}M{0} {4}H{1}", low, high, top,
                                         bottom, coordinate(middle));
    svg.empty("path", {{"class", "interval-halo"}, {"d", path}});
    svg.empty("path", {{"class", "interval"}, {"d", path}});
}

void drawPrediction(Markup& svg, const Bar& bar, const Geometry& geometry, double middle) {
    if (!bar.predicted || !std::isfinite(*bar.predicted)) return;
    svg.empty("rect", {{"class", "predicted"},
                       {"x", coordinate(geometry.left)},
                       {"y", coordinate(middle - barHeight / 2 - 2)},
                       {"width", coordinate(*bar.predicted * geometry.scale)},
                       {"height", coordinate(barHeight + 4)}});
}

void drawBar(Markup& svg, const BarChart& chart, const Bar& bar, const Geometry& geometry,
             double middle) {
    svg.empty("rect", {{"x", coordinate(geometry.left)},
                       {"y", coordinate(middle - barHeight / 2)},
                       {"width", coordinate(*bar.value * geometry.scale)},
                       {"height", coordinate(barHeight)},
                       {"style", fmt::format("fill:url(#{});stroke:{}", fillId(chart.id, bar.mode),
                                             modeColour(bar.mode))}});
    drawPrediction(svg, bar, geometry, middle);
    drawInterval(svg, bar, geometry, middle);
}

void drawLabel(Markup& svg, const Bar& bar, double middle) {
    drawMarker(svg, bar.mode, {8, middle}, 5);
    svg.element("text", shortened(bar.label, longestChartLabel),
                {{"x", coordinate(markerRoom)}, {"y", coordinate(middle + 4.5)}});
    svg.raw("\n");
}

void drawWords(Markup& svg, const Bar& bar, const Geometry& geometry, double middle) {
    const double x = isDrawn(bar) ? geometry.at(reach(bar)) + 8 : geometry.left;
    svg.element("text", bar.words,
                {{"class", isDrawn(bar) ? "value" : "absent"},
                 {"x", coordinate(x)},
                 {"y", coordinate(middle + 4.5)}});
    svg.raw("\n");
}

void drawBaseline(Markup& svg, const BarChart& chart, const Geometry& geometry) {
    if (!chart.baseline || !std::isfinite(*chart.baseline)) return;
    const std::string x = coordinate(geometry.at(*chart.baseline));
    svg.empty("line", {{"class", "baseline"},
                       {"x1", x},
                       {"y1", "0"},
                       {"x2", x},
                       {"y2", coordinate(geometry.height)}});
}

std::string description(const BarChart& chart) {
    std::string text = chart.caption + ":";
    for (const Bar& bar : chart.bars) text += fmt::format(" {}: {};", bar.label, bar.words);
    return text;
}

}  // namespace

Markup drawBars(const BarChart& chart) {
    const Geometry geometry = layOut(chart);
    Markup svg;
    svg.open("svg", {{"class", "chart"},
                     {"role", "img"},
                     {"aria-labelledby", fmt::format("{0}-title {0}-desc", chart.id)},
                     {"viewBox", fmt::format("0 0 {} {}", chartWidth, geometry.height)}});
    svg.element("title", chart.title, {{"id", chart.id + "-title"}});
    svg.element("desc", description(chart), {{"id", chart.id + "-desc"}}).raw("\n");
    std::set<std::string> defined;
    svg.open("defs");
    for (const Bar& bar : chart.bars)
        if (defined.insert(modeVariable(bar.mode)).second) defineFill(svg, chart.id, bar.mode);
    svg.close();
    for (std::size_t row = 0; row < chart.bars.size(); ++row) {
        drawLabel(svg, chart.bars[row], geometry.middle(row));
        if (isDrawn(chart.bars[row]))
            drawBar(svg, chart, chart.bars[row], geometry, geometry.middle(row));
    }
    drawBaseline(svg, chart, geometry);  // across the bars, under the words
    for (std::size_t row = 0; row < chart.bars.size(); ++row)
        drawWords(svg, chart.bars[row], geometry, geometry.middle(row));
    svg.close();
    return svg;
}

}  // namespace ringscope::reporting
