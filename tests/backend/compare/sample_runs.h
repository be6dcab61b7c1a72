// Hand-made runs for the tests of compare and report: every figure is known beforehand.
#pragma once

#include "backend/run/run_record.h"

#include <chrono>
#include <string>
#include <string_view>

namespace ringscope {

// One finished run of `mode`: a warm-up step of a second, then four steps of `stepMs`, 1,000 tokens
// each; the loss falls from 5.5 by 0.25 a step. Rank 0 peaks at 100 MiB, rank 1 at 96 MiB.
inline RunRecord finishedRun(std::string_view mode, double stepMs) {
    RunRecord run;
    run.id = {"id-" + std::string(mode)};
    run.experiment = "sample";
    run.experimentId = "experiment-1";
    run.name = "sample/" + std::string(mode);
    run.config.parallel.mode = mode;
    run.config.train.steps = 5;
    run.computation = "sample computation";
    run.status = RunStatus::Finished;
    run.ranks = 2;
    run.device = "cpu";
    run.versions = "ringscope 0.1.0, torch 2.11.0, gloo";
    run.createdUs = 1'700'000'000'000'000;
    run.startedUs = run.createdUs + 1'000'000;
    run.endedUs = run.createdUs + 3'500'000;
    run.predictedAttentionBytesPerStep = {4'194'304};
    run.predictedGradientBytesPerStep = {1'048'576};
    run.parameters = 3'000'000;
    run.flopsPerStep = 2.5e10;
    for (int step = 0; step < 5; ++step) {
        const double ms = step == 0 ? 1000 : stepMs;
        run.steps.push_back({.step = step,
                             .loss = 5.5 - 0.25 * step,
                             .gradNorm = 1.5,
                             .duration = Nanos(static_cast<std::int64_t>(ms * 1e6)),
                             .tokens = 1000});
    }
    for (int rank = 0; rank < 2; ++rank)
        run.rankRecords.push_back({.rank = rank,
                                   .host = "localhost",
                                   .pid = 4000 + rank,
                                   .peakMemory = {(100 - 4 * rank) * 1'048'576LL},
                                   .attentionBytesPerStep = {4'194'304},
                                   .gradientBytesPerStep = {1'048'576},
                                   .exitCode = 0,
                                   .endedBy = ""});
    run.parity = Parity{{"id-reference"}, 2e-7, 3e-6, 5};
    return run;
}

// A run that a signal ended after two steps.
inline RunRecord failedRun(std::string_view mode) {
    RunRecord run = finishedRun(mode, 100);
    run.status = RunStatus::Failed;
    run.statusReason = "rank 1 was ended by SIGKILL";
    run.steps.resize(2);
    run.rankRecords.clear();
    run.parity.reset();
    return run;
}

// Its ranks were started, and ended before they could say what they used.
inline RunRecord silentRun(std::string_view mode) {
    RunRecord run = failedRun(mode);
    run.rankRecords = {{.rank = 0, .host = "localhost", .pid = 4000, .exitCode = 1, .endedBy = ""},
                       {.rank = 1, .host = "localhost", .pid = 4001, .endedBy = "SIGKILL"}};
    return run;
}

// Goes on at step 3 from a run that did steps 0 to 3 under ring, the last one for nothing.
inline RunRecord continuedRun(std::string_view mode) {
    RunRecord run = finishedRun(mode, 100);
    const RunRecord before = finishedRun("ring", 200);
    run.continues = Continuation{before.id, 3};
    run.earlier = {{.id = before.id,
                    .mode = "ring",
                    .ranks = 2,
                    .startedUs = before.startedUs,
                    .endedUs = before.startedUs + 2'000'000,
                    .steps = {before.steps.begin(), before.steps.begin() + 3},
                    .validations = {{.step = 2, .loss = 6.5, .tokens = 64}},
                    .lostSteps = 1}};
    run.steps.erase(run.steps.begin(), run.steps.begin() + 3);
    run.validations = {{.step = 4, .loss = 6.25, .tokens = 64}};
    return run;
}

inline RunRecord repeated(RunRecord run, std::int64_t repeat) {
    run.repeat = repeat;
    run.id.text += "-" + std::to_string(repeat + 1);
    run.name += " #" + std::to_string(repeat + 1);
    return run;
}

inline RunRecord withParity(RunRecord run, double lossDiff, double gradNormDiff = 0) {
    run.parity = Parity{{"id-reference"}, lossDiff, gradNormDiff, 5};
    return run;
}

// Three recorded steps with a millisecond of hidden wait; messages are twice as fast while they
// move.
inline RunRecord withOverlap(RunRecord run, double exposedMs, double waitMs,
                             std::optional<int> lateRank = std::nullopt) {
    run.overlap = OverlapFigures{3, exposedMs, waitMs, 1, waitMs, 25.0, lateRank, 1.5, 3.0};
    return run;
}

}  // namespace ringscope
