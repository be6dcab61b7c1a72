// What was run, on what, and how to repeat it: how every report begins.
#pragma once

#include "backend/run/run_record.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// One line: "processor" and "AMD EPYC 7763 64-Core Processor". Where runs differ, the text has each
// value once, in the order of the runs.
struct RunFact {
    std::string_view label;
    std::string text;
};

// Experiment, model, sequence length, modes, ranks, precision, devices, processors, cores, memory,
// GPUs, driver, network, system, versions, commit and command. A fact that no run knows is left
// out.
std::vector<RunFact> whatRan(const std::vector<RunRecord>& runs);

// Of the machines alone: from the processor on.
std::vector<RunFact> environmentFacts(const RunRecord& run);

// "demo", "demo and sweep", "demo and 3 other experiments": the title of a report about these runs.
std::string titleOf(const std::vector<RunRecord>& runs);

// "tiny: 4 layers, hidden size 256, 8 heads, 4 for keys and values, 3,204,352 parameters".
std::string modelWords(const RunRecord& run);

}  // namespace ringscope
