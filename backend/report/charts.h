// The charts of a report as values: the page draws them as SVG, the PDF with a painter.
#pragma once

#include "backend/compare/curves.h"
#include "backend/report/report.h"
#include "backend/report/svg_bars.h"
#include "backend/report/svg_curves.h"
#include "backend/report/svg_lines.h"
#include "backend/report/tables.h"

#include <string>
#include <vector>

namespace ringscope::reporting {

struct GlanceChart {
    std::string title;    // "Speed"
    std::string caption;  // "tokens/s, higher is better; dashed: the baseline"
    BarChart bars;
};

// Speed, memory, communication; exposed communication and wait where they are known.
std::vector<GlanceChart> glanceCharts(const Comparison& comparison);

// A family of curves, drawn once for each of some figures.
struct CurveCharts {
    CurveFamily family;
    std::string words;  // what its curves share: "2 ranks", "all"
    std::vector<CurveChart> charts;
};

// In the order of the page: over length, then over ranks.
std::vector<CurveCharts> curveCharts(const Comparison& comparison);

// Losses of one computation lie on each other; those of others have nothing to do with them.
struct LossChart {
    std::string section;  // its title; empty for the only one
    LineChart lines;
    std::vector<GroupLosses> losses;  // pointers into the report
};
std::vector<LossChart> lossCharts(const Report& report);

}  // namespace ringscope::reporting
