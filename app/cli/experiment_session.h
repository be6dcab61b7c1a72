// From an experiment to its runs in the store: what `run`, `runs rerun` and `demo` do alike.
#pragma once

#include "app/cli/command.h"
#include "app/cli/run_sinks.h"
#include "backend/config/experiment.h"
#include "backend/report/run_json.h"
#include "backend/run/experiment_plan.h"
#include "backend/run/run_record.h"
#include "backend/run/run_service.h"

#include <optional>
#include <string>
#include <vector>

namespace ringscope::cli {

// By the ending of its name.
bool isExperimentFile(const std::string& name);

// Reads FILE, environment and overrides. Problems are printed one a line, with what to do.
Result<Experiment> readExperimentFile(const std::string& file,
                                      const std::vector<std::string>& overrides);
Result<Experiment> readExperimentText(const std::string& fileName, const std::string& text,
                                      const std::vector<std::string>& overrides);

// 0: every run can start; 8: some are refused; 3 or 6: all are, or this machine lacks what they
// need.
int planExit(const ExperimentPlan& plan, const Result<void>& thisMachine);

struct SessionOptions {
    bool reference = true;
    RunSinks* sinks = nullptr;  // may be null
    std::optional<ResumePoint> resume{};
};

// runIntoStore() with the terminal around it: signals stop it, progress and messages go to standard
// error, the result is not printed. `exitCode` is 0, 3, 5, 6, 7, 8, 130 or 143.
SessionRuns runSession(const Experiment& experiment, const GlobalOptions& global,
                       const SessionOptions& options);

// The same of runs that no experiment file expands to.
SessionRuns runSession(const std::string& experiment, const std::vector<ExpandedRun>& runs,
                       const GlobalOptions& global, const SessionOptions& options);

// What would happen, on standard output, and what keeps it from happening, on standard error.
// Returns planExit().
int printPlan(const std::string& experiment, const ExperimentPlan& plan, bool json);

// What became of the runs: one JSON object, or the comparison of those that there are. Returns the
// session's exit code.
int printSession(const SessionRuns& session, bool json, const GlobalOptions& global);

// The comparison as a table on standard output; says why where there is none.
void printComparison(const std::vector<RunRecord>& runs, const GlobalOptions& global);

}  // namespace ringscope::cli
