// A run's life: plan, start the ranks through an agent, follow them, end in exactly one final
// state.
//
//   queued -> starting -> running -> finished
//                    \         \ ->  failed      a rank died, said error, or fell silent too long
//                     \         \->  stopping -> cancelled
//
// The first failure is the reason; what it drags along is not. Ranks that disagree on a loss are a
// failure like any other. After execute() returns no process of the run is alive on any host that
// is still connected; an agent whose connection broke ends its ranks by itself, within seconds.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/run_plan.h"
#include "backend/run/run_record.h"
#include "backend/run/run_sink.h"
#include "backend/run/transport.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace ringscope {

// What a run is told besides its configuration.
struct RunRequest {
    RunPlan plan;
    std::string experiment;
    std::string experimentId;
    std::string name;
    std::int64_t repeat = 0;
    bool baseline = false;
    bool reference = false;
    std::string rankProgram{};  // empty: ringscope-rank beside the agent
    // The ranks verify instead of training, and are handed this in place of their configuration.
    std::optional<std::string> verification{};
    std::filesystem::path
        traces{};  // profile.steps are recorded into <traces>/<run id>; empty: not
};

struct RunLimits {
    std::chrono::milliseconds firstWord{60'000};  // from start to every rank's hello
    std::chrono::milliseconds silence{600'000};   // between two events of the run
    std::chrono::milliseconds stopGrace{5'000};   // from asking the ranks to stop to insisting
    std::chrono::milliseconds exit{30'000};       // from every rank's done to every rank's exit
    // From an error a rank tells to its becoming the reason: the ranks that notice a killed one may
    // speak before its death is known, and what is asked for is the cause.
    std::chrono::milliseconds settle{500};

    // Lines of a rank that are no events: the first and the last are kept, the rest is counted.
    std::size_t firstLogLines = 1'000;
    std::size_t lastLogLines = 200;
};

// The times a run reads; a test turns the hands itself.
struct RunClock {
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
    std::function<std::int64_t()> utcMicroseconds = ringscope::utcMicroseconds;
};

class RunService {
public:
    // The transport and the sinks outlive the service. Sinks are told in the order given.
    RunService(Transport& transport, std::vector<RunSink*> sinks, RunLimits limits = {},
               RunClock clock = {});

    // Blocks until the run has ended. Answers the final record, also for a failed or cancelled run;
    // an Error only where a sink failed or there is no record to speak of.
    Result<RunRecord> execute(const RunRequest& request, std::stop_token stop);

private:
    Transport& transport_;
    std::vector<RunSink*> sinks_;
    RunLimits limits_;
    RunClock clock_;
};

}  // namespace ringscope
