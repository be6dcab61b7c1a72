// A small chart on two logarithmic axes as inline SVG: a figure over lengths or numbers of ranks, a
// line per mode, an interval where there were repeats.
//
//     20,000 ┤        ◆──◆
//     10,000 ┤  ◆──◆  ●──●
//            └──┬──┬──┬──┬
//              1k 2k 4k 8k
#pragma once

#include "backend/report/markup.h"

#include <string>
#include <vector>

namespace ringscope::reporting {

struct MeasuredPoint {
    double at = 0;  // above 0, else it is left out; so is a value that is not
    double value = 0;
    double low = 0;  // of the interval; equal ends draw none
    double high = 0;
    std::string words;  // the value as text
};

struct MeasuredCurve {
    std::string label;
    std::string mode;
    std::vector<MeasuredPoint> points;  // ascending
};

struct CurveChart {
    std::string id;      // unique within the page
    std::string title;   // "Tokens/s"
    std::string xLabel;  // "tokens"
    std::vector<MeasuredCurve> curves;
};

Markup drawCurves(const CurveChart& chart);

}  // namespace ringscope::reporting
