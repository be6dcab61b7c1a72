// Events of a small run.
#pragma once

#include "backend/sink/run_event.h"

#include <memory>

namespace ringscope::test {

inline RunRecord smallRun() {
    RunRecord run;
    run.id = RunId{"0123456789abcdef"};
    run.experiment = "demo";
    run.name = "demo/zigzag \"two\"";
    run.ranks = 2;
    run.parameters = 1000;
    run.status = RunStatus::Queued;
    return run;
}

inline StepRecord stepOf(std::int64_t number, double loss = 2.5) {
    return {.step = number,
            .loss = loss,
            .gradNorm = 0.5,
            .duration = std::chrono::milliseconds(40),
            .tokens = 2048};
}

inline RunEvent eventOf(RunEvent::Kind kind, RunRecord run,
                        std::optional<StepRecord> step = std::nullopt) {
    return {.kind = kind,
            .timeUs = 1'500'000,
            .run = std::make_shared<const RunRecord>(std::move(run)),
            .step = step};
}

}  // namespace ringscope::test
