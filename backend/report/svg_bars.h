// A horizontal bar chart for the HTML page: a row per configuration, its repeats as an interval,
// what was predicted as an outline.
//
//     1,024 tokens, 2 ranks
//     ■ legacy  ▨▨▨▨▨▨▨▨├┤┊                1,120
//     ◆ zigzag  ██████████┊███████├──┤     2,410 (2,390–2,450)
//     ● ring    did not finish: rank 1 was ended by SIGKILL
//
// A row is text, a drawing and text: the drawing is as wide as the page leaves it and never less
// than a quarter of the card, whatever labels are called; on narrow screens it has a line of its
// own.
#pragma once

#include "backend/report/markup.h"

#include <optional>
#include <string>
#include <vector>

namespace ringscope::reporting {

struct Bar {
    std::string label;
    std::string mode;
    std::optional<double> value;  // finite and not negative, else it counts as absent
    double low = 0;               // of the interval; equal ends draw none
    double high = 0;
    std::optional<double> predicted;
    std::string words;  // the value as text, or why there is none
};

// Bars under one title; their own baseline is a line across them.
struct BarGroup {
    std::string title;
    std::vector<Bar> bars;
    std::optional<double> baseline;
};

struct BarChart {
    std::string id;                // unique within the page
    std::vector<BarGroup> groups;  // all on one scale
};

Markup drawBars(const BarChart& chart);

}  // namespace ringscope::reporting
