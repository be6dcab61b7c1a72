// What attention patterns cost and win, and how far back they can see.
#pragma once

#include "backend/report/report.h"
#include "backend/report/svg_lines.h"
#include "backend/report/tables.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope::reporting {

// Figures of a configuration; each repeat stands for all.
struct PatternFigures {
    std::int64_t step = 0;  // after which the losses are: the last one that both did
    double loss = 0;
    std::optional<double> validationLoss{};  // after that step
    double pairs = 0;  // of queries and keys, in the mean of heads: all layers, one sequence
    std::optional<double> bytesPerStep{};  // that a rank sends in attention
    std::optional<double> stepMs{};
};

// A configuration with a pattern beside the same without it.
struct PatternCost {
    const RunGroup* group = nullptr;
    const RunGroup* dense = nullptr;
    PatternFigures own{};
    PatternFigures ofDense{};

    double coverage() const { return own.pairs / ofDense.pairs; }
};

// In the order of the comparison; pointers into the report. None for a pattern whose dense twin was
// not run.
std::vector<PatternCost> patternCosts(const Report& report);
Table patternRows(const Report& report);  // each twin, then its patterns

// The last validation of builtin:recall of a configuration.
struct GroupRecall {
    const RunGroup* group = nullptr;
    const ValidationRecord* found = nullptr;
};
std::vector<GroupRecall> groupRecalls(const Report& report);  // of those that have one
Table recallRows(const Report& report);  // a row per configuration, a column per range
// A line per configuration; without lines where there is none.
LineChart recallChart(const Report& report);

// Both tables for a terminal; empty where neither has a row.
std::string patternText(const Report& report);

inline constexpr std::string_view recallCaption =
    "Share of right answers by how far back the value was said, after the last validation. Of "
    "eight "
    "values, guessing gets 12.5 %. Colours tell configurations apart, not modes.";

}  // namespace ringscope::reporting
