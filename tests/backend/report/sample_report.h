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
    return reportOf({run, failed}, hostile);
}

}  // namespace ringscope
