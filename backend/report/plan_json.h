// What `run --dry-run --json` and `config validate --json` print: the plan of an experiment.
#pragma once

#include "backend/run/experiment_plan.h"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace ringscope {

// schema_version, experiment, exit_code, problems[] (what this machine lacks, or null), runs[],
// refusals[], hosts[]. Ends with a newline.
std::string planJson(const std::string& experiment, const ExperimentPlan& plan,
                     const std::vector<PlannedHost>& hosts, const std::string& problem,
                     int exitCode);

// schema_version, exit_code, files[]: of each its name, whether every run could start, the number
// of runs that can start, refusals[] and problems[].
struct ValidatedFile {
    std::string name;
    std::size_t runs = 0;
    std::vector<RefusedRun> refused{};
    std::string problem{};  // one line each; empty: none

    bool valid() const { return refused.empty() && problem.empty(); }
};
std::string validationJson(const std::vector<ValidatedFile>& files, int exitCode);

}  // namespace ringscope
