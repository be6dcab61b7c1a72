// A training over all runs of it: a run may go on where another ended (`ringscope run --resume`),
// and begin again within itself (launch.retries).
//
//     run A   0 1 2 3 4 5 |            ended after step 5; its last checkpoint is of step 3
//     run B           4 5 6 7 8        goes on from there
//     history 0 1 2 3|4 5 6 7 8        steps 4 and 5 of A are lost
#pragma once

#include "backend/run/run_record.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ringscope {

struct RunHistory {
    std::vector<StepRecord> steps;  // each once, in ascending order
    std::vector<ValidationRecord> validations{};
    std::vector<std::int64_t> cuts{};  // the first step of each run but the first
    std::int64_t tokens = 0;           // of `steps`
    Nanos time{};                      // that the runs took, with what they lost
    std::int64_t lostSteps = 0;
};

// Of the run and those that it continues (RunRecord::earlier).
RunHistory historyOf(const RunRecord& run);
// Nothing where only the data says it (train.epochs): train.steps is then the most there may be.
std::optional<std::int64_t> stepsInAll(const RunRecord& run);
std::int64_t lostStepsOf(const RunRecord& run);  // RunHistory::lostSteps, and nothing else

// Whether `run` goes on where `other` ended, directly or after runs in between.
bool goesOnFrom(const RunRecord& run, const RunId& other);

}  // namespace ringscope
