// Receives what happens in a run while it happens: the store, the terminal, the window.
//
// All calls for one run come from the thread that called RunService::execute, in this order:
// created once, then changed, step and the others in any number, then ended once. Where a sink
// fails, the run fails: nothing that was measured may be lost silently.
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
    // Of a model with experts: a step's routing in one layer, after the step was trained.
    virtual Result<void> routing(const RunRecord& /*run*/, const RoutingRecord& /*routing*/) {
        return {};
    }
    // What a validation after a step found.
    virtual Result<void> validation(const RunRecord& /*run*/,
                                    const ValidationRecord& /*validation*/) {
        return {};
    }
    virtual Result<void> ended(const RunRecord& run) = 0;  // final, all figures in it

    // Only in a verification: a rank begins with a mode, and what it found out about one.
    virtual Result<void> turn(const RunRecord& /*run*/, const RankTurn& /*turn*/) { return {}; }
    virtual Result<void> verdict(const RunRecord& /*run*/, const RankVerdict& /*verdict*/) {
        return {};
    }
    // Only in an evaluation: what was computed.
    virtual Result<void> evaluated(const RunRecord& /*run*/, const RankEvaluated& /*evaluated*/) {
        return {};
    }

    // Only in a generation: how a text goes on, and at the end what it took.
    virtual Result<void> tokens(const RunRecord& /*run*/, const RankTokens& /*told*/) { return {}; }
    virtual Result<void> generated(const RunRecord& /*run*/, const RankGenerated& /*generated*/) {
        return {};
    }

    // A line a rank printed that is no event. `rank` -1: the agent itself.
    virtual Result<void> logLine(const RunRecord& run, int rank, std::string_view line) = 0;
};

}  // namespace ringscope
