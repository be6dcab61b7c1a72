// A machine measured by what real ranks recorded on it: rates of blocks, products, passes over
// memory, and messages. Short runs of a small model, of lengths that no prediction is tested with.
//
//   blocks     each span of attention is one block of the schedule: its pairs over its time
//   passes     what an optimizer's step reads and writes, over its time
//   products   the rest of forward and backward, less what passes over tensors take
//   messages   from the moment all ends were posted; two sizes give latency and bandwidth. Of each
//              size what a quarter of them took less than: others waited for a core
//
// Of the others medians count: another program on the machine makes single spans longer.
#pragma once

#include "backend/config/experiment.h"
#include "backend/core/result.h"
#include "backend/machine/machine.h"
#include "backend/plan/run_plan.h"
#include "backend/trace/trace.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

// What is to be run, with traces. `precision` of all of them.
std::vector<ExpandedRun> calibrationRuns(NumberFormat precision);

struct CalibrationRun {
    RunPlan plan{};
    Trace trace{};
};

// What the operating system says of this machine.
struct MachineFacts {
    std::string name{};  // of the processor
    int cores = 1;
    std::int64_t turnNanos = 4'000'000;  // that a task keeps a core while others wait
    std::int64_t memoryBytes = 0;
    double diskRead = 0;  // bytes a second
    double diskWrite = 0;
    std::string day{};
};

struct Calibration {
    Machine machine{};
    double spreadPercent = 0;  // of block spans around their medians: how steady the machine was
};

// Fails where the runs lack what a table needs.
Result<Calibration> calibrated(const std::vector<CalibrationRun>& runs, const MachineFacts& facts);

// How far `now` is from `before`, rate by rate: sentences, the largest change first.
struct Drift {
    double worstPercent = 0;
    std::vector<std::string> sentences{};
};
Drift driftOf(const Machine& before, const Machine& now);

}  // namespace ringscope
