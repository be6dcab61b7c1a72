// Executes a run: starts its ranks through agents, follows them, and ends in exactly one final
// state.
//
// Where launch.retries says so, a run whose rank ended is started again, from its last checkpoint:
// it goes back to starting, and only then is it the same run still.
//
//   queued -> starting -> running -> finished
//                    \         \ ->  failed      a rank died, reported an error or fell silent
//                     \         \->  stopping -> cancelled
//
// Only the first failure is reported; failures that it causes are not. Ranks that disagree on a
// loss, or that plan the run differently, fail it. When execute() returns, no process of the run is
// alive on any host that is still connected. An agent whose connection broke ends its ranks by
// itself within seconds.
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

// What a run goes on from.
struct ResumePoint {
    std::filesystem::path checkpoint;
    std::int64_t step = 0;  // the next one
    std::string run{};      // id of the run that wrote it
};

struct RunRequest {
    RunPlan plan;
    std::string experiment;
    std::string experimentId;
    std::string name;
    std::int64_t repeat = 0;
    bool baseline = false;
    bool reference = false;
    std::string rankProgram{};  // empty: ringscope-rank beside the agent
    Job job{};                  // of the ranks; a Training gets its configuration from `plan`
    RunOrigin origin{};
    std::filesystem::path traces{};   // profile.steps are recorded into <traces>/<run id>, if set
    std::filesystem::path weights{};  // checkpoint.at_end: kept in <weights>/<run id>, if set
    std::optional<ResumePoint> resume{};
    // Asked once, before the first rank is started. A failure's sentence is kept as the reason.
    // Nothing is predicted without it.
    std::function<Result<RunPrediction>(const RunPlan& plan)> predict{};
};

struct RunLimits {
    std::chrono::milliseconds firstWord{60'000};  // from start to every rank's hello
    std::chrono::milliseconds silence{600'000};   // between two events of the run, places left out
    std::chrono::milliseconds stopGrace{5'000};   // from asking the ranks to stop to insisting
    std::chrono::milliseconds leaveGrace{600'000};  // the same, where they write a checkpoint first
    std::chrono::milliseconds exit{30'000};         // from every rank's done to every rank's exit
    // An error that a rank reports becomes the reason after this time. Ranks may report a lost peer
    // before the peer's death is known here, and the reason should be that death.
    std::chrono::milliseconds settle{500};

    // Lines of a rank that are no events: the first and the last are kept, the others counted.
    std::size_t firstLogLines = 1'000;
    std::size_t lastLogLines = 200;
};

// The clocks that a run reads. Tests inject their own.
struct RunClock {
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
    std::function<std::int64_t()> utcMicroseconds = ringscope::utcMicroseconds;
};

class RunService {
public:
    // `transport` and `sinks` must outlive the service. Sinks are called in the order given.
    RunService(Transport& transport, std::vector<RunSink*> sinks, RunLimits limits = {},
               RunClock clock = {});

    // Blocks until the run has ended. Returns the final record, of a failed or cancelled run, too.
    // Fails only where a sink failed.
    Result<RunRecord> execute(const RunRequest& request, std::stop_token stop);

private:
    Transport& transport_;
    std::vector<RunSink*> sinks_;
    RunLimits limits_;
    RunClock clock_;
};

}  // namespace ringscope
