// A horizontal bar chart as inline SVG: a bar per configuration, its repeats as an interval, what
// was predicted as an outline.
//
//     ■ legacy  ▨▨▨▨▨▨▨▨├┤ 1,120
//     ◆ zigzag  ██████████████████├──┤ 2,410 (2,390–2,450)
//     ● ring    did not finish: rank 1 was ended by SIGKILL
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

struct BarChart {
    std::string id;       // unique within the page
    std::string title;    // "Speed"
    std::string caption;  // "tokens/s, higher is better"
    std::vector<Bar> bars;
    std::optional<double> baseline;  // drawn as a line across the bars
};

Markup drawBars(const BarChart& chart);

}  // namespace ringscope::reporting
