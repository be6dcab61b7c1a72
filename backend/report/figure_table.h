// What is measured about a group of runs: one row each, used by every table, chart and definition.
#pragma once

#include "backend/compare/comparison.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope::reporting {

enum class Better { Higher, Lower, Neither };

struct Figure {
    std::string_view name;      // "peak memory": a column header
    std::string_view jsonName;  // "peak_bytes"
    Better better = Better::Neither;
    std::string_view definition;  // one sentence
    std::optional<Spread> RunGroup::*spread = nullptr;
    std::string (*format)(double value) = nullptr;  // for people, with its unit
    bool ifKnown = false;                           // left out where no group has it
    bool share = false;                             // of a whole: a ratio of two says nothing
    // The measured figure that this one is a prediction of, how far off it may be, and of which
    // figure that is a share; null: of the measured one.
    std::optional<Spread> RunGroup::*predicts = nullptr;
    double within = 0;
    std::optional<Spread> RunGroup::*withinOf = nullptr;
};

std::span<const Figure> figureTable();

// Those to show: all but those of recorded steps and of calibrated machines, where no group has
// them.
std::vector<const Figure*> figuresOf(const Comparison& comparison);

const Figure& figure(std::string_view jsonName);  // must exist

// The prediction of a measured figure; nothing where there is none.
const Figure* predictionOf(const Figure& measured);

// Beside a figure, less important than it: of a prediction how far what was measured is from it,
// else the ends of its repeats. May be empty.
std::string figureDetail(const Figure& figure, const RunGroup& group);

// The sentences beside the table's own: how parity, speed-ups and intervals come about.
struct Definition {
    std::string_view term;
    std::string text;
};
std::span<const Definition> definitions();

}  // namespace ringscope::reporting
