// A table whose cells are strips of coloured parts, all on one scale: what each ring step of each
// rank spent its time on, what memory was for.
//
//              step 0          step 1          step 2
//     rank 0   ███████▒▒▒▒▒▒   ████▒▒▒▒▒▒▒▒▒   ██▒▒
//     rank 1   ███████         ███████▒        ████▒▒▒▒▒
//
// Every strip is as wide as its column; the longest of the scale fills it.
#pragma once

#include "backend/core/look.h"
#include "backend/report/markup.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringscope::reporting {

// What a part stands for: its colour and its words, once.
struct StripKind {
    ColourPair colour;
    std::string variable;  // the same in the page's style: "--attention"
    std::string_view name;
    bool hatched = false;
};

struct StripCell {
    std::vector<double> parts;  // as many as there are kinds; none below 0
    std::string words;          // said by the pointer and to who cannot see
};

struct StripRow {
    std::string mode;  // whose marker stands before the label; empty: none
    std::string label;
    std::vector<StripCell> cells;
    std::string words{};  // behind the last cell
};

struct StripTable {
    std::vector<std::string> columns{};  // their heads; empty: no line of heads
    std::vector<StripRow> rows{};
    std::size_t room = 0;  // columns that are left free behind the last: one scale beside others
};

// `longest`: the sum of parts that fills a cell.
Markup drawStrips(const StripTable& table, const std::vector<StripKind>& kinds, double longest);

// What the colours stand for: a line of names. A kind without a name is left out.
Markup drawStripLegend(const std::vector<StripKind>& kinds);

// The hatch that parts refer to; once in a page that draws strips.
Markup defineStripHatch();

double longestStrip(const StripTable& table);

}  // namespace ringscope::reporting
