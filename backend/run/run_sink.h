// Where a run's life is told while it happens: the store, the terminal, the window.
//
// All calls of one run come from one thread, the one that called RunService::execute, in this
// order: created, then changed and step in any number, then ended once. A sink's failure is a
// failure of the run: nothing that was measured may be lost in silence.
#pragma once

#include "backend/core/result.h"
#include "backend/run/protocol.h"
#include "backend/run/run_record.h"

#include <string_view>

namespace ringscope {

class RunSink {
public:
    virtual ~RunSink() = default;

    virtual Result<void> created(const RunRecord& run) = 0;
    virtual Result<void> changed(const RunRecord& run) = 0;  // status or reason
    virtual Result<void> step(const RunRecord& run, const StepRecord& step) = 0;
    virtual Result<void> ended(const RunRecord& run) = 0;  // final, all figures in it

    // What a rank found out about a mode; only a verification has verdicts.
    virtual Result<void> verdict(const RunRecord& /*run*/, const RankVerdict& /*verdict*/) {
        return {};
    }

    // A line a rank printed that is no event. `rank` -1: the agent itself.
    virtual Result<void> logLine(const RunRecord& run, int rank, std::string_view line) = 0;
};

}  // namespace ringscope
