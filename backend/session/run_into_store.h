// An experiment into a store: what the command line and the window call to run one.
//
// The steps, in this order; the first that fails ends the session with its error:
//
//   Plan    plans every run; fails where none of them can work. One that cannot work is refused and
//           stops no other.
//   Hosts   looks at what the runs need here (checkThisMachine) and makes every host ready
//           (Transport::preflight)
//   Data    reads what runs on this machine are trained on (read_data.h)
//   Store   opens the store for writing, and marks the runs whose program is gone as lost
//   Runs    the runs one after another with their references, then the parity of each; fails
//           where the store could not be written to the end (patient_store.h)
//
// So nothing is written before every host is ready, and nothing is started before the store is
// open. A run that fails or is cancelled is a result and not an error.
#pragma once

#include "backend/config/experiment.h"
#include "backend/core/result.h"
#include "backend/machine/machine_table.h"
#include "backend/run/experiment_plan.h"
#include "backend/run/experiment_runner.h"
#include "backend/run/run_service.h"
#include "backend/run/run_sink.h"
#include "backend/run/transport.h"
#include "backend/text/token_text.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace ringscope {

enum class SessionStep : std::uint8_t { Plan, Hosts, Data, Store, Runs };

// What a session needs from its caller. All of it outlives the call and is used on its thread.
struct SessionPorts {
    Transport& transport;
    std::vector<RunSink*> watchers{};  // are told of each event after the store

    // Called once with the plan, before a host is made ready: what will run, and what is refused.
    std::function<void(const ExperimentPlan& plan)> planned{};
    // Called with Store::caution() where there is one, and where the store keeps a run waiting.
    std::function<void(const std::string& sentence)> caution{};
    // Called again and again while data is read.
    std::function<void(const ReadingProgress& progress)> reading{};
    // Called with each run whose parity has been saved.
    std::function<void(const RunRecord& run)> compared{};
    // Called once, before the first run starts; may take a second.
    std::function<RunOrigin()> origin{};
    // This machine as it was calibrated; asked once. Where it fails, no run is predicted.
    std::function<Result<Machine>()> machine = [] { return findMachine(std::string(thisMachine)); };
    // What the session's only run goes on from.
    std::optional<ResumePoint> resume{};
    RunClock clock{};
};

struct SessionEnd {
    SessionStep step = SessionStep::Runs;  // the one that failed; Runs where none did
    Result<ExperimentOutcome> outcome;
};

// Blocks until the experiment has ended; `stop` cancels the run in progress and starts no other.
// Traces of a run are recorded into traceRoot(store)/<run id>. `reference` false: no run of mode
// none is started only to compare with.
SessionEnd runIntoStore(const Experiment& experiment, const std::filesystem::path& store,
                        const SessionPorts& ports, bool reference, std::stop_token stop);

// The same of runs that no experiment file expands to.
SessionEnd runIntoStore(const std::string& experiment, const std::vector<ExpandedRun>& runs,
                        const std::filesystem::path& store, const SessionPorts& ports,
                        bool reference, std::stop_token stop);

}  // namespace ringscope
