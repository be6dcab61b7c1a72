// How the figures of a comparison change with the length of the sequence, or with the number of
// ranks: the sections of a sweep, read along one axis.
#pragma once

#include "backend/compare/comparison.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

enum class CurveAxis { Length, Ranks };
std::string_view curveAxisName(CurveAxis axis);  // "length", "ranks"

struct CurvePoint {
    double at = 0;          // tokens, or ranks
    std::size_t group = 0;  // of Comparison::groups()
};

struct Curve {
    std::string label;  // "zigzag"
    std::string mode;
    std::vector<CurvePoint> points;  // one for each `at`, ascending; all have a speed
};

// Curves that share everything but the axis and the mode.
struct CurveFamily {
    CurveAxis axis = CurveAxis::Length;
    std::string shared;  // "2 ranks": what sets it apart from the other families; may be empty
    std::vector<Curve> curves;
};

// Families with a curve worth drawing: over at least 3 lengths, or 2 numbers of ranks.
std::vector<CurveFamily> curveFamilies(const Comparison& comparison);

}  // namespace ringscope
