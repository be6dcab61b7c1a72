// From an experiment to its runs in the store: what `run` and `demo` do alike.
#pragma once

#include "app/cli/command.h"
#include "backend/config/experiment.h"
#include "backend/run/run_record.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ringscope::cli {

// Reads FILE, environment and overrides. Problems are printed one a line, with what to do.
Result<Experiment> readExperimentFile(const std::string& file,
                                      const std::vector<std::string>& overrides);
Result<Experiment> readExperimentText(const std::string& fileName, const std::string& text,
                                      const std::vector<std::string>& overrides);

struct SessionOptions {
    bool reference = true;
    bool json = false;
    bool dryRun = false;
};

struct SessionOutcome {
    int exit = Ok;
    std::string experimentId;
    std::filesystem::path store;
    std::vector<RunRecord> runs;
    std::vector<RunRecord> references;
};

// Plans, checks the way, runs everything, keeps it in the store. Messages are printed; the result
// is not. `exit` is 0, 3, 5, 6, 7, 8, 130 or 143.
SessionOutcome runSession(const Experiment& experiment, const GlobalOptions& global,
                          const SessionOptions& options);

// The object on standard output that ends `run --json` and `demo --json`.
std::string sessionJson(const SessionOutcome& outcome);

// The comparison as a table on standard output; says why where there is none.
void printComparison(const std::vector<RunRecord>& runs, const GlobalOptions& global);

}  // namespace ringscope::cli
