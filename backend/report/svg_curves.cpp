#include "backend/report/svg_curves.h"

#include "backend/core/rounded.h"
#include "backend/core/ticks.h"
#include "backend/report/svg_marks.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <set>

namespace ringscope::reporting {
namespace {
namespace curve_area {

constexpr double width = 420, plotHeight = 190;
constexpr double left = 58, right = 18, top = 10, axisRoom = 40;

struct LogRange {
    double low = 0;  // of nothing, until something is included
    double high = 0;

    bool empty() const { return !(high > 0); }
    void include(double value) {
        if (!std::isfinite(value) || value <= 0) return;
        low = empty() ? value : std::min(low, value);
        high = std::max(high, value);
    }
    // Room on both sides; much around a single value.
    void widen(double factor, double single) {
        const double by = low == high ? single : factor;
        low /= by;
        high *= by;
    }
    double share(double value) const { return std::log(value / low) / std::log(high / low); }
};

bool isDrawn(const MeasuredPoint& point) {
    return std::isfinite(point.at) && point.at > 0 && std::isfinite(point.value) && point.value > 0;
}

struct Plane {
    LogRange x, y;

    double across(double at) const { return left + x.share(at) * (width - left - right); }
    double down(double value) const { return top + (1 - y.share(value)) * plotHeight; }
    Point at(const MeasuredPoint& point) const { return {across(point.at), down(point.value)}; }
};

Plane planeOf(const CurveChart& chart) {
    Plane plane;
    for (const MeasuredCurve& curve : chart.curves) {
        for (const MeasuredPoint& point : curve.points) {
            if (!isDrawn(point)) continue;
            plane.x.include(point.at);
            for (const double value : {point.value, point.low, point.high}) plane.y.include(value);
        }
    }
    if (plane.x.empty()) return {{1, 10}, {1, 10}};
    plane.x.widen(1.08, 2);
    plane.y.widen(1.12, 2);
    return plane;
}

void drawLine(Markup& svg, const MeasuredCurve& curve, const Plane& plane) {
    std::string path;
    for (const MeasuredPoint& point : curve.points) {
        if (!isDrawn(point)) continue;
        const Point at = plane.at(point);
        path +=
            fmt::format("{}{} {}", path.empty() ? "M" : "L", coordinate(at.x), coordinate(at.y));
    }
    if (path.empty()) return;
    drawModeLine(svg, curve.mode, path);
}

void drawPoints(Markup& svg, const MeasuredCurve& curve, const Plane& plane) {
    for (const MeasuredPoint& point : curve.points) {
        if (!isDrawn(point)) continue;
        const Point at = plane.at(point);
        if (point.low > 0 && point.low < point.high) {
            const std::string path =
                fmt::format("M{0} {3}H{1}M{0} {4}H{1}M{2} {3}V{4}", coordinate(at.x - 3),
                            coordinate(at.x + 3), coordinate(at.x),
                            coordinate(plane.down(point.high)), coordinate(plane.down(point.low)));
            svg.empty("path", {{"class", "interval"}, {"d", path}});
        }
        drawMarker(svg, curve.mode, at, 4);
    }
}

std::string tickWords(double value) { return formatRounded(value, 4); }

// What was measured is marked; of many places those that leave room for their words.
void drawPlaces(Markup& svg, const CurveChart& chart, const Plane& plane) {
    std::set<double> places;
    for (const MeasuredCurve& curve : chart.curves)
        for (const MeasuredPoint& point : curve.points)
            if (isDrawn(point)) places.insert(point.at);
    double free = 0;
    for (const double place : places) {
        const std::string words = tickWords(place);
        const double x = plane.across(place);
        const double half = textWidth(words) / 2;
        if (x - half < free) continue;
        drawText(svg, words, x, top + plotHeight + 16, "middle");
        free = x + half + 4;
    }
    drawText(svg, chart.xLabel, width - right, top + plotHeight + 32, "end");
}

void drawGrid(Markup& svg, const Plane& plane) {
    for (const double tick : logTicks(plane.y.low, plane.y.high)) {
        const double y = plane.down(tick);
        svg.empty("line", {{"class", "grid"},
                           {"x1", coordinate(left)},
                           {"y1", coordinate(y)},
                           {"x2", coordinate(width - right)},
                           {"y2", coordinate(y)}});
        drawText(svg, tickWords(tick), left - 8, y + 4, "end");
    }
}

std::string description(const CurveChart& chart) {
    std::string text = chart.title + " over " + chart.xLabel + ":";
    for (const MeasuredCurve& curve : chart.curves) {
        text += " " + curve.label;
        for (const MeasuredPoint& point : curve.points)
            text += fmt::format(", {} at {}", point.words, tickWords(point.at));
        text += ";";
    }
    return text;
}

Markup drawn(const CurveChart& chart) {
    const Plane plane = planeOf(chart);
    Markup svg;
    svg.open("svg", {{"class", "curves"},
                     {"role", "img"},
                     {"aria-labelledby", fmt::format("{0}-title {0}-desc", chart.id)},
                     {"viewBox", fmt::format("0 0 {} {}", width, top + plotHeight + axisRoom)}});
    svg.element("title", chart.title, {{"id", chart.id + "-title"}});
    svg.element("desc", description(chart), {{"id", chart.id + "-desc"}}).raw("\n");
    drawGrid(svg, plane);
    drawPlaces(svg, chart, plane);
    for (const MeasuredCurve& curve : chart.curves) drawLine(svg, curve, plane);
    for (const MeasuredCurve& curve : chart.curves) drawPoints(svg, curve, plane);
    svg.close();
    return svg;
}

}  // namespace curve_area
}  // namespace

Markup drawCurves(const CurveChart& chart) { return curve_area::drawn(chart); }

}  // namespace ringscope::reporting
