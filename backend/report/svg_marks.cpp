#include "backend/report/svg_marks.h"

#include "backend/report/wording.h"

#include <fmt/format.h>
#include <cmath>
#include <numbers>
#include <vector>

namespace ringscope::reporting {
namespace {

std::string pathOf(const std::vector<Point>& points) {
    std::string path;
    for (const Point& point : points)
        path += fmt::format("{}{} {}", path.empty() ? "M" : "L", coordinate(point.x),
                            coordinate(point.y));
    return path + "Z";
}

std::vector<Point> polygon(Point centre, double radius, int corners, double turn) {
    std::vector<Point> points;
    for (int i = 0; i < corners; ++i) {
        const double angle = 2 * std::numbers::pi * i / corners + turn;
        points.push_back(
            {centre.x + radius * std::sin(angle), centre.y - radius * std::cos(angle)});
    }
    return points;
}

std::vector<Point> star(Point centre, double radius) {
    std::vector<Point> points;
    const auto outer = polygon(centre, radius * 1.2, 5, 0);
    const auto inner = polygon(centre, radius * 0.5, 5, std::numbers::pi / 5);
    for (std::size_t i = 0; i < outer.size(); ++i) {
        points.push_back(outer[i]);
        points.push_back(inner[i]);
    }
    return points;
}

std::string crossPath(Point c, double r) {
    return fmt::format("M{} {}L{} {}M{} {}L{} {}", coordinate(c.x - r), coordinate(c.y - r),
                       coordinate(c.x + r), coordinate(c.y + r), coordinate(c.x - r),
                       coordinate(c.y + r), coordinate(c.x + r), coordinate(c.y - r));
}

std::string plusPath(Point c, double r) {
    return fmt::format("M{} {}V{}M{} {}H{}", coordinate(c.x), coordinate(c.y - r),
                       coordinate(c.y + r), coordinate(c.x - r), coordinate(c.y),
                       coordinate(c.x + r));
}

std::string filledPath(Marker marker, Point centre, double radius) {
    constexpr double pi = std::numbers::pi;
    switch (marker) {
        case Marker::Square:
            return pathOf(polygon(centre, radius * 1.2, 4, pi / 4));
        case Marker::Diamond:
            return pathOf(polygon(centre, radius * 1.2, 4, 0));
        case Marker::Triangle:
            return pathOf(polygon(centre, radius * 1.2, 3, 0));
        case Marker::TriangleInverted:
            return pathOf(polygon(centre, radius * 1.2, 3, pi));
        default:
            return pathOf(star(centre, radius));
    }
}

// The lines drawn over a bar's pale ground; empty for a full bar.
std::string_view patternPath(Stroke stroke) {
    switch (stroke) {
        case Stroke::Dashed:
            return "M-2 2L2 -2M0 8L8 0M6 10L10 6";
        case Stroke::DashDot:
            return "M-2 2L2 -2M0 8L8 0M6 10L10 6M-2 6L2 10M0 0L8 8M6 -2L10 2";
        case Stroke::Dotted:
            return "M2 2h2M6 6h2";
        case Stroke::Solid:
            break;
    }
    return "";
}

}  // namespace

std::string modeVariable(std::string_view mode) {
    const std::string_view known = modeLook(mode).mode;
    return "--mode-" + std::string(known.empty() ? "other" : known);
}

std::string modeColour(std::string_view mode) { return "var(" + modeVariable(mode) + ")"; }

std::string coordinate(double value) {
    const double rounded = std::round(value * 100) / 100;
    return fmt::format("{}", rounded == 0 ? 0.0 : rounded);
}

void drawModeLine(Markup& svg, std::string_view mode, const std::string& path) {
    svg.empty("path", {{"class", "line"},
                       {"d", path},
                       {"style", "stroke:" + modeColour(mode)},
                       {"stroke-dasharray", std::string(dashes(modeLook(mode).stroke))}});
}

void drawMarker(Markup& svg, std::string_view mode, Point centre, double radius) {
    const Marker marker = modeLook(mode).marker;
    const std::string colour = modeColour(mode);
    if (marker == Marker::Circle) {
        svg.empty("circle", {{"cx", coordinate(centre.x)},
                             {"cy", coordinate(centre.y)},
                             {"r", coordinate(radius)},
                             {"style", "fill:" + colour}});
    } else if (marker == Marker::Cross || marker == Marker::Plus) {
        svg.empty("path", {{"d", marker == Marker::Cross ? crossPath(centre, radius * 0.8)
                                                         : plusPath(centre, radius)},
                           {"style", "fill:none;stroke-width:2.5;stroke:" + colour}});
    } else {
        svg.empty("path", {{"d", filledPath(marker, centre, radius)}, {"style", "fill:" + colour}});
    }
}

void drawText(Markup& svg, std::string_view words, double x, double y, std::string_view anchor) {
    svg.element("text", words,
                {{"class", "tick"},
                 {"x", coordinate(x)},
                 {"y", coordinate(y)},
                 {"text-anchor", std::string(anchor)}});
    svg.raw("\n");
}

void addMarker(Markup& page, std::string_view mode) {
    page.open("svg", {{"class", "marker"}, {"viewBox", "0 0 14 14"}, {"aria-hidden", "true"}});
    drawMarker(page, mode, {7, 7}, 5);
    page.close();
}

std::string_view dashes(Stroke stroke) {
    switch (stroke) {
        case Stroke::Dashed:
            return "7 4";
        case Stroke::Dotted:
            return "2 4";
        case Stroke::DashDot:
            return "8 4 2 4";
        case Stroke::Solid:
            break;
    }
    return "";
}

std::string fillId(std::string_view chart, std::string_view mode) {
    return std::string(chart) + "-fill" + modeVariable(mode).substr(1);
}

void defineFill(Markup& svg, std::string_view chart, std::string_view mode) {
    const std::string_view path = patternPath(modeLook(mode).stroke);
    const std::string colour = modeColour(mode);
    svg.open("pattern", {{"id", fillId(chart, mode)},
                         {"width", "8"},
                         {"height", "8"},
                         {"patternUnits", "userSpaceOnUse"}});
    svg.empty("rect", {{"width", "8"},
                       {"height", "8"},
                       {"style", "fill:" + colour + (path.empty() ? "" : ";fill-opacity:0.3")}});
    if (!path.empty())
        svg.empty("path", {{"d", std::string(path)},
                           {"style", "fill:none;stroke-width:2;stroke:" + colour}});
    svg.close();
}

double textWidth(std::string_view text) { return 7.0 * static_cast<double>(characters(text)); }

}  // namespace ringscope::reporting
