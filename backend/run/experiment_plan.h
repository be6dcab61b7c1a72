// The runs of an experiment before anything starts: those that can work, and why others cannot.
#pragma once

#include "backend/config/experiment.h"
#include "backend/core/result.h"
#include "backend/run/run_service.h"
#include "backend/run/transport.h"

#include <cstddef>
#include <string>
#include <vector>

namespace ringscope {

struct RefusedRun {
    std::string name;   // "four-modes/ulysses"
    std::string label;  // the same without the experiment's name
    std::string mode;
    Error reason;
};

struct ExperimentPlan {
    std::vector<RunRequest> requests{};  // of the runs that can work, in order
    std::vector<RefusedRun> refused{};

    std::size_t size() const { return requests.size() + refused.size(); }
};

// Plans every run. One that cannot work stops no other.
ExperimentPlan planRuns(const Experiment& experiment);
// The same of runs that no experiment file expands to: those of the store, once more.
ExperimentPlan planRuns(const std::string& experiment, const std::vector<ExpandedRun>& runs);

// A sentence for each reason, with all runs it holds for: "2 of 5 runs cannot work (ring, zigzag):
// debug.slow_rank 7 is none of this run's 4 ranks; the last is 3". Of the only run: the reason.
std::vector<std::string> refusalSentences(const ExperimentPlan& plan);

// The sentences as one Error, a line each. Unavailable where only hosts or files are to blame. Must
// be called where a run was refused.
Error refusalOf(const ExperimentPlan& plan);

// A host of the planned runs, and what will be started on it.
struct PlannedHost {
    HostSpec host;
    int mostRanks = 0;    // of one run
    std::string command;  // Transport::commandFor()
};
std::vector<PlannedHost> plannedHosts(Transport& transport, const ExperimentPlan& plan);

// Whether this machine has what those runs need that it starts itself: the file of data.source, and
// a GPU for each rank. Starts nothing. Fails with Unavailable, once for all runs.
Result<void> checkThisMachine(Transport& transport, const std::vector<RunRequest>& requests);

// checkThisMachine(), then Transport::preflight() once for every host of these runs, then whether
// each host has a GPU for each of its ranks, and the file of data.source. Starts no rank. Fails
// with Unavailable, once for all runs.
Result<void> prepareHosts(Transport& transport, const std::vector<RunRequest>& requests);

}  // namespace ringscope
