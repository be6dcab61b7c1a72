// A small hand-made report: a baseline with repeats, a faster candidate, one that failed, and one
// that trains another model.
#pragma once

#include "backend/report/report.h"
#include "tests/backend/compare/sample_runs.h"

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
    return reportOf({repeated(finishedRun("legacy", 100), 0),
                     repeated(finishedRun("legacy", 95), 1), finishedRun("zigzag", 45),
                     failedRun("ring"), withParity(finishedRun("ulysses", 50), 0.031)});
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
    return reportOf({run, failed}, hostile);
}

}  // namespace ringscope
