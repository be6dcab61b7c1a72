// Small things tests of the window share: an experiment, runs made by hand, a store to write to.
#pragma once

#include "backend/run/run_record.h"
#include "ui/models/experiment_draft.h"

#include <QTemporaryDir>
#include <chrono>
#include <string>

namespace ringscope::test {

inline ui::ExperimentDraft sampleDraft() {
    ui::ExperimentDraft draft;
    draft.fileText =
        "name: sample\n"
        "model: {preset: nano}\n"
        "train: {steps: 4, warmup_steps: 1, seq_len: 256}\n"
        "parallel: {sp: 2}\n"
        "matrix:\n"
        "  parallel.mode: [none, legacy, zigzag]\n"
        "baseline:\n"
        "  parallel.mode: legacy\n";
    return draft;
}

// A finished run of `steps` steps that take `ms` each.
inline RunRecord finishedRun(const std::string& id, const std::string& mode, int ms,
                             int steps = 4) {
    RunRecord run;
    run.id = {id};
    run.experiment = "sample";
    run.experimentId = "e1";
    run.name = "sample/" + mode;
    run.config.parallel.mode = mode;
    run.config.train.steps = steps;
    run.config.train.warmupSteps = 1;
    run.computation = "same";
    run.status = RunStatus::Finished;
    run.ranks = mode == "none" ? 1 : 2;
    run.createdUs = 1'700'000'000'000'000;
    for (int step = 0; step < steps; ++step)
        run.steps.push_back({.step = step,
                             .loss = 5.0 - 0.1 * step,
                             .gradNorm = 1.0,
                             .duration = std::chrono::milliseconds(ms),
                             .tokens = run.config.train.seqLen});
    for (int rank = 0; rank < run.ranks; ++rank)
        run.rankRecords.push_back({.rank = rank,
                                   .host = "localhost",
                                   .pid = 1,
                                   .peakMemory = {100LL << 20},
                                   .attentionBytesPerStep = {3 << 20},
                                   .gradientBytesPerStep = {1 << 20},
                                   .exitCode = 0,
                                   .endedBy = {}});
    run.predictedAttentionBytesPerStep = {3 << 20};
    return run;
}

}  // namespace ringscope::test
