// All runs of an experiment, one after another, with parity against the unsharded run.
//
// The reference is a run of mode none with the same computation: one of the experiment itself, else
// the newest finished one that `findReference` knows, else one that is started first for this
// purpose (unless switched off).
#pragma once

#include "backend/config/experiment.h"
#include "backend/core/result.h"
#include "backend/run/run_service.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace ringscope {

struct ExperimentOptions {
    bool reference = true;  // false: parity only where a reference is at hand
    std::function<std::optional<RunRecord>(const std::string& computation)> findReference;
};

struct ExperimentOutcome {
    std::string experimentId;
    std::vector<RunRecord> runs;        // the expanded runs, in order
    std::vector<RunRecord> references;  // runs started or found only to compare with
    bool cancelled = false;
};

struct RefusedRun {
    std::string name;
    std::string reason;
};

// Every run's plan before anything starts; refuses the experiment with all reasons where one
// cannot run.
Result<std::vector<RunRequest>> planExperiment(const Experiment& experiment);

// Every host of these runs, made ready once: Transport::preflight().
Result<void> prepareHosts(Transport& transport, const std::vector<RunRequest>& requests);

Result<ExperimentOutcome> runExperiment(const std::vector<RunRequest>& requests,
                                        RunService& service, const ExperimentOptions& options,
                                        std::stop_token stop);

}  // namespace ringscope
