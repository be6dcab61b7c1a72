// All runs of an experiment, one after another, with parity against the unsharded run.
//
// The reference is a run of mode none with the same computation. It is, in this order: a run of the
// experiment itself, the newest finished run that `findReference` knows, or a run that is started
// first for this purpose, unless `reference` is false.
#pragma once

#include "backend/config/experiment.h"
#include "backend/core/result.h"
#include "backend/run/experiment_plan.h"
#include "backend/run/run_service.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace ringscope {

struct ExperimentOptions {
    bool reference = true;  // false: no run is started as a reference
    std::function<std::optional<RunRecord>(const std::string& computation)> findReference;
};

struct ExperimentOutcome {
    std::string experimentId;
    std::vector<RunRecord> runs;        // the expanded runs, in order
    std::vector<RunRecord> references;  // runs started or found only to compare with
    std::vector<RefusedRun> refused{};  // could not be planned, so were not started
    bool cancelled = false;
};

Result<ExperimentOutcome> runExperiment(const std::vector<RunRequest>& requests,
                                        RunService& service, const ExperimentOptions& options,
                                        std::stop_token stop);

}  // namespace ringscope
