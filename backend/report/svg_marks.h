// What the SVG charts share: a mode's colour, marker and line, and where text fits.
//
// Colours are CSS variables of the page (report_style.h), so that one drawing serves light and
// dark.
#pragma once

#include "backend/core/look.h"
#include "backend/report/markup.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace ringscope::reporting {

inline constexpr double chartWidth = 860;
inline constexpr std::size_t longestChartLabel = 40;  // characters

struct Point {
    double x = 0;
    double y = 0;
};

// "var(--mode-zigzag)"; modes without a row share one.
std::string modeColour(std::string_view mode);
std::string modeVariable(std::string_view mode);  // "--mode-zigzag"

// "12.5": two decimals at most, so that drawings stay small and the same everywhere.
std::string coordinate(double value);

// A line along an SVG path, in the mode's colour and dashes.
void drawModeLine(Markup& svg, std::string_view mode, const std::string& path);

// The mode's marker around `centre`, in the mode's colour.
void drawMarker(Markup& svg, std::string_view mode, Point centre, double radius);

// The same as a small drawing of its own, between words.
void addMarker(Markup& page, std::string_view mode);

// Words of an axis; `anchor` is "start", "middle" or "end".
void drawText(Markup& svg, std::string_view words, double x, double y, std::string_view anchor);

// "6 4" and the like; empty for a solid line.
std::string_view dashes(Stroke stroke);

// An id for the mode's fill within a chart, and its definition: solid, or a pattern after the
// mode's line so that bars differ without colour.
std::string fillId(std::string_view chart, std::string_view mode);
void defineFill(Markup& svg, std::string_view chart, std::string_view mode);

// Roughly how wide a text of the charts' size is drawn.
double textWidth(std::string_view text);

}  // namespace ringscope::reporting
