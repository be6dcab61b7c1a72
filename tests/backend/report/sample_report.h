// A small hand-made report: a baseline with repeats, a faster candidate, one that failed, and one
// that trains another model.
#pragma once

#include "backend/report/report.h"
#include "tests/backend/compare/sweep_runs.h"

#include <string>
#include <utility>
#include <vector>

namespace ringscope {

inline Report reportOf(std::vector<RunRecord> runs, std::string title = "sample: four modes") {
    Report report;
    report.title = std::move(title);
    report.createdUs = 1'700'000'500'000'000;
    report.runs = std::move(runs);
    report.comparison = compareRuns(report.runs).value();
    return report;
}

inline Report sampleReport() {
    return reportOf({withOverlap(repeated(finishedRun("legacy", 100), 0), 30, 24, 1),
                     withOverlap(repeated(finishedRun("legacy", 95), 1), 32, 26, 1),
                     withOverlap(finishedRun("zigzag", 45), 1.5, 0.25), failedRun("ring"),
                     withParity(finishedRun("ulysses", 50), 0.031)});
}

// 4 lengths, 3 modes, 2 and 4 ranks, two repeats each: 48 runs.
inline Report sweepReport() { return reportOf(sweepRuns(), "sweep: 4 lengths, 3 modes"); }

// Two ranks, two ring steps, two recorded training steps; rank 1 waits 3 ms of the first ring step.
inline Recording sampleRecording(std::string label, std::string mode) {
    Recording recording{.run = {"id-" + mode}, .label = std::move(label), .mode = std::move(mode)};
    recording.steps = 2;
    recording.splits = true;
    for (int rank = 0; rank < 2; ++rank)
        for (int ringStep = 0; ringStep < 2; ++ringStep) {
            RingStepFigures step;
            step.rank = rank;
            step.pass = SpanPass::Forward;
            step.ringStep = ringStep;
            step.attention = 20'000'000;
            if (rank == 1 && ringStep == 0) {
                step.communication.exposed = 8'000'000;
                step.communication.wait = 6'000'000;
            }
            recording.ringSteps.push_back(step);
        }
    MemoryPeak& peak = recording.memory.emplace();
    peak.rank = 1;
    peak.held[static_cast<std::size_t>(MemoryCategory::Parameters)] = 12 << 20;
    peak.held[static_cast<std::size_t>(MemoryCategory::Activations)] = 36 << 20;
    return recording;
}

inline Report recordedReport() {
    Report report = sampleReport();
    report.recordings = {sampleRecording("zigzag", "zigzag"),
                         sampleRecording("ulysses", "ulysses")};
    return report;
}

// Everything a user names, as somebody would who wants to break a report.
inline constexpr const char* hostile =
    "<script>alert(\"1\")</script> | 'x' & `*_[]~ =\n\x1b[31m\xff";

inline Report hostileReport() {
    RunRecord run = finishedRun(hostile, 100);
    run.experiment = hostile;
    run.device = hostile;
    run.versions = hostile;
    run.notes = {hostile};
    run.rankRecords[0].host = hostile;
    run.rankRecords[1].endedBy = hostile;
    run.config.data.source = hostile;
    RunRecord failed = failedRun("ring");
    failed.statusReason = hostile;
    Report report = reportOf({run, failed}, hostile);
    report.recordings = {sampleRecording(hostile, hostile)};
    return report;
}

}  // namespace ringscope
