#include "backend/report/svg_lines.h"

#include "backend/core/rounded.h"
#include "backend/core/ticks.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace ringscope::reporting {
namespace {

constexpr double plotHeight = 220;
constexpr double left = 56, right = 16, top = 28, axisRoom = 40, legendRow = 20;
constexpr std::size_t mostPoints = 240;

struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    bool empty() const { return low > high; }
    void include(double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    // Room around flat or single values.
    void widen(double share, double least) {
        const double margin = std::max((high - low) * share, least);
        low -= margin;
        high += margin;
    }
};

bool isFinite(const Point& point) { return std::isfinite(point.x) && std::isfinite(point.y); }

struct Plane {
    Range x, y;
    bool doublings = false;  // x is a logarithm

    double along(double value) const { return doublings ? std::log2(value) : value; }
    Point at(const Point& value) const {
        const double across = (along(value.x) - x.low) / (x.high - x.low);
        const double up = (value.y - y.low) / (y.high - y.low);
        return {left + across * (chartWidth - left - right), top + (1 - up) * plotHeight};
    }
};

Plane planeOf(const LineChart& chart) {
    Plane plane{.x = {}, .y = {}, .doublings = chart.doublings};
    for (const Line& line : chart.lines) {
        for (const Point& point : line.points) {
            if (!isFinite(point)) continue;
            plane.x.include(plane.along(point.x));
            plane.y.include(point.y);
        }
    }
    if (plane.x.empty()) return {{0, 1}, {0, 1}};  // nothing is drawn
    if (plane.x.low == plane.x.high) plane.x.widen(0, 0.5);
    plane.y.widen(0.05, plane.y.low == plane.y.high ? 0.5 : 0);
    return plane;
}

// Every n-th point, the last one among them.
std::vector<Point> thinned(const std::vector<Point>& points) {
    if (points.size() <= mostPoints) return points;
    const std::size_t stride = (points.size() + mostPoints - 1) / mostPoints;
    std::vector<Point> kept;
    for (std::size_t i = 0; i < points.size(); i += stride) kept.push_back(points[i]);
    if ((points.size() - 1) % stride != 0) kept.push_back(points.back());
    return kept;
}

std::string pathThrough(const std::vector<Point>& points, const Plane& plane) {
    std::string path;
    bool drawing = false;
    for (const Point& point : points) {
        if (!isFinite(point)) {
            drawing = false;
            continue;
        }
        const Point at = plane.at(point);
        path += fmt::format("{}{} {}", drawing ? "L" : "M", coordinate(at.x), coordinate(at.y));
        drawing = true;
    }
    return path;
}

// Line `index` of `count` marks its own share of the steps.
void drawMarkers(Markup& svg, const Line& line, const std::vector<Point>& points,
                 const Plane& plane, std::size_t index, std::size_t count) {
    const std::size_t some = std::max(count, (points.size() + 11) / 12);
    const std::size_t stride = line.allMarked ? 1 : some;
    for (std::size_t i = index % stride; i < points.size(); i += stride)
        if (isFinite(points[i])) drawMarker(svg, line.mode, plane.at(points[i]), 4);
}

void drawLine(Markup& svg, const LineChart& chart, std::size_t index, const Plane& plane) {
    const Line& line = chart.lines[index];
    const std::vector<Point> points = thinned(line.points);
    const std::string path = pathThrough(points, plane);
    if (path.empty()) return;
    drawModeLine(svg, line.mode, path);
    drawMarkers(svg, line, points, plane, index, chart.lines.size());
}

void drawGrid(Markup& svg, const LineChart& chart, const Plane& plane) {
    for (const double tick : roundTicks(plane.y.low, plane.y.high, 5)) {
        const double y = plane.at({plane.x.low, tick}).y;
        svg.empty("line", {{"class", "grid"},
                           {"x1", coordinate(left)},
                           {"y1", coordinate(y)},
                           {"x2", coordinate(chartWidth - right)},
                           {"y2", coordinate(y)}});
        drawText(svg, formatRounded(tick, 6), left - 8, y + 4, "end");
    }
    for (const double tick : roundTicks(plane.x.low, plane.x.high, 8)) {
        if (tick != std::round(tick)) continue;  // there is no half step
        const double value = plane.doublings ? std::exp2(tick) : tick;
        drawText(svg, formatCount(std::llround(value)), plane.at({value, plane.y.low}).x,
                 top + plotHeight + 16, "middle");
    }
    for (const double cut : chart.cuts) {
        const double x = plane.at({cut, plane.y.low}).x;
        svg.empty("line", {{"class", "grid"},
                           {"stroke-dasharray", "2 4"},
                           {"x1", coordinate(x)},
                           {"y1", coordinate(top)},
                           {"x2", coordinate(x)},
                           {"y2", coordinate(top + plotHeight)}});
    }
    drawText(svg, chart.xLabel, chartWidth - right, top + plotHeight + 32, "end");
    drawText(svg, chart.yLabel, left - 8, 12, "end");
}

// Answers the height the legend needs; draws nothing where `svg` is null.
double drawLegend(Markup* svg, const LineChart& chart) {
    double x = left, y = top + plotHeight + axisRoom + 8;
    for (const Line& line : chart.lines) {
        const std::string label = shortened(line.label, longestChartLabel);
        const double needed = 44 + textWidth(label);
        if (x > left && x + needed > chartWidth - right) {
            x = left;
            y += legendRow;
        }
        if (svg) {
            svg->empty("path",
                       {{"class", "line"},
                        {"d", fmt::format("M{} {}h24", coordinate(x), coordinate(y))},
                        {"style", "stroke:" + modeColour(line.mode)},
                        {"stroke-dasharray", std::string(dashes(modeLook(line.mode).stroke))}});
            drawMarker(*svg, line.mode, {x + 12, y}, 4);
            svg->element("text", label, {{"x", coordinate(x + 30)}, {"y", coordinate(y + 4.5)}});
            svg->raw("\n");
        }
        x += needed + 12;
    }
    return y + legendRow / 2;
}

}  // namespace

Markup drawLines(const LineChart& chart) {
    const Plane plane = planeOf(chart);
    Markup svg;
    svg.open("svg", {{"class", "chart"},
                     {"role", "img"},
                     {"aria-labelledby", fmt::format("{0}-title {0}-desc", chart.id)},
                     {"viewBox", fmt::format("0 0 {} {}", chartWidth,
                                             coordinate(drawLegend(nullptr, chart)))}});
    svg.element("title", chart.title, {{"id", chart.id + "-title"}});
    svg.element("desc", chart.caption, {{"id", chart.id + "-desc"}}).raw("\n");
    drawGrid(svg, chart, plane);
    for (std::size_t i = 0; i < chart.lines.size(); ++i) drawLine(svg, chart, i, plane);
    drawLegend(&svg, chart);
    svg.close();
    return svg;
}

}  // namespace ringscope::reporting
