// The tables of a report as plain text cells, for the formats that lay them out.
#pragma once

#include "backend/report/report.h"

#include <string>
#include <vector>

namespace ringscope::reporting {

enum class Align { Left, Right };
enum class Tone { Plain, Good, Caution, Bad, Muted };

struct Cell {
    std::string text;
    Tone tone = Tone::Plain;
    std::string detail = {};  // less important; under the text, or in brackets behind it
};

std::string withDetail(const Cell& cell);  // in one line, the detail in brackets

struct Column {
    std::string header;
    Align align = Align::Left;
};

struct Row {
    std::string mode;  // whose marker stands before the first cell; empty: none
    std::vector<Cell> cells;
    std::string absence;   // where set, stands in place of all cells after the first
    bool heading = false;  // its one cell is the title of the rows below it
};

struct Table {
    std::vector<Column> columns;
    std::vector<Row> rows;
};

Table comparisonRows(const Report& report);  // a row per configuration, under its section
Table runRows(const Report& report);         // a row per run
Table rankRows(const Report& report);        // a row per rank of each run
Table differenceRows(const Report& report);  // of settings and configurations the fewer are columns
Table sharedSettings(const Report& report);  // a row per setting that all runs share
Table environmentRows(const Report& report);  // a row per distinct device, software and hosts

// Of parityWords(group).
Tone parityTone(const RunGroup& group);

// Bad where a mode trains another model, Caution where a run failed, Good where one is faster.
Tone verdictTone(const Comparison& comparison);

// The loss of a configuration stands for all its repeats: the first finished run's.
struct GroupLosses {
    const RunGroup* group = nullptr;
    const RunRecord* run = nullptr;
};
std::vector<GroupLosses> groupLosses(const Report& report);  // configurations that have one
Table lossRows(const std::vector<GroupLosses>& losses);      // a row per step, a column for each

}  // namespace ringscope::reporting
