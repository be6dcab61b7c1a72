// An experiment file, read and checked: one base configuration, the axes of its matrix, and where
// every value came from.
//
// Precedence: default < model preset < checkpoint (model.from) < file < environment < command line.
// The names of the first two may come from any of the others; what they give never replaces what
// was written. A value is checked where it
// was written, so an error names file, line and column, or the variable, or the option.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringscope {

// One thing wrong with what the user wrote.
struct ConfigProblem {
    std::string where;    // "four.yaml:12:3", "RINGSCOPE_TRAIN__STEPS", "--set train.steps"
    std::string message;  // "unknown key 'hidden'; did you mean 'hidden_size'?"

    std::string text() const { return where + ": " + message; }
};

// A named field's values, in the order written: one run per combination of all axes.
struct MatrixAxis {
    std::string path;
    std::vector<std::string> values;
};

using Assignments = std::vector<std::pair<std::string, std::string>>;  // path, value

struct Experiment {
    std::string name = "experiment";
    RunConfig base;  // of the first combination
    std::vector<MatrixAxis> matrix;
    std::int64_t repeat = 1;
    Assignments baseline;  // which runs the others are compared with

    // path -> "default", "preset tiny", "f.yaml:3:9", "environment RINGSCOPE_…", "--set",
    // "matrix f.yaml:9:18"; "--set, instead of the matrix's values" where an axis was narrowed.
    std::map<std::string, std::string> origins;
};

struct ExperimentSources {
    std::string fileName;  // shown in messages; empty: no file, defaults only
    std::string fileText;
    std::map<std::string, std::string>
        environment;                     // all variables; RINGSCOPE_X__Y ones are fields
    std::vector<std::string> overrides;  // "model.hidden_size=1024", last one wins
};

// Every problem found, not only the first; empty means `experiment` is complete.
struct ExperimentReading {
    Experiment experiment;
    std::vector<ConfigProblem> problems;
    std::vector<ConfigProblem> warnings{};  // old spellings, read as what they are called now
    std::vector<ConfigProblem> notes{};     // "train.seq_len: 128k is 131,072 tokens"

    bool ok() const { return problems.empty(); }
};
ExperimentReading readExperiment(const ExperimentSources& sources);

// One run of the expanded matrix.
struct ExpandedRun {
    std::string name;  // "four-modes/zigzag", "four-modes/zigzag seq_len=8192 #2"
    RunConfig config;
    std::int64_t repeat = 0;  // 0-based
    bool baseline = false;    // its values match `baseline:`
};

// Axis order as written, the last axis fastest, then all of it again for each repeat. A matrix that
// sets an illegal value was refused by readExperiment already.
std::vector<ExpandedRun> expandRuns(const Experiment& experiment);

// The experiment as YAML that reads back equal: what a run stores, and what `config show` prints.
std::string toYaml(const RunConfig& config);

// Two runs with the same text train the same model on the same data. It holds everything that
// decides the numbers, and nothing about how the work is split or where it runs: two replicas
// (parallel.dp) with one batch each are the computation of one replica that accumulates two. Used
// to find the reference run.
std::string computationIdentity(const RunConfig& config);

}  // namespace ringscope
