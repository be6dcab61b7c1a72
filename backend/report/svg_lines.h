// A line chart as inline SVG: values over steps, a line per configuration with the mode's colour,
// dashes and markers. Markers of different lines stand at different steps, so that lines which lie
// on each other can still be told apart.
#pragma once

#include "backend/report/markup.h"
#include "backend/report/svg_marks.h"

#include <string>
#include <vector>

namespace ringscope::reporting {

struct Line {
    std::string label;
    std::string mode;
    std::vector<Point> points;  // ascending x; one that is not finite interrupts the line
    bool allMarked = false;     // every point has a marker, not only some
};

struct LineChart {
    std::string id;
    std::string title;
    std::string caption;
    std::string xLabel;
    std::string yLabel;
    std::vector<Line> lines;
    bool doublings = false;      // the x axis is logarithmic, with a tick for each doubling
    std::vector<double> cuts{};  // where a dotted line stands, in steps
};

Markup drawLines(const LineChart& chart);

}  // namespace ringscope::reporting
