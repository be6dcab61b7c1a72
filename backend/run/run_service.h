// A run's life: plan, start the ranks through an agent, follow them, end in exactly one final
// state.
//
//   queued -> starting -> running -> finished
//                    \         \ ->  failed      a rank died, said error, or fell silent too long
//                     \         \->  stopping -> cancelled
//
// The first failure is the reason; what it drags along is not. After execute() returns no process
// of the run is alive.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/run_plan.h"
#include "backend/run/run_record.h"
#include "backend/run/run_sink.h"
#include "backend/run/transport.h"

#include <chrono>
#include <stop_token>
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
};

struct RunLimits {
    std::chrono::milliseconds firstWord{60'000};  // from start to every rank's hello
    std::chrono::milliseconds silence{600'000};   // between two events of the run
    std::chrono::milliseconds stopGrace{5'000};   // from asking the ranks to stop to insisting
};

class RunService {
public:
    // The transport and the sinks outlive the service. Sinks are told in the order given.
    RunService(Transport& transport, std::vector<RunSink*> sinks, RunLimits limits = {});

    // Blocks until the run has ended. Answers the final record, also for a failed or cancelled run;
    // an Error only where a sink failed or there is no record to speak of.
    Result<RunRecord> execute(const RunRequest& request, std::stop_token stop);

private:
    Transport& transport_;
    std::vector<RunSink*> sinks_;
    RunLimits limits_;
};

}  // namespace ringscope
