// What the verbs that look at other machines share: an experiment, a machine, numbers of ranks.
#pragma once

#include "app/cli/command.h"
#include "backend/config/experiment.h"
#include "backend/core/result.h"
#include "backend/machine/machine.h"

#include <CLI/App.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope::cli {

struct MachineArguments {
    std::string file;
    std::vector<std::string> overrides;
    std::string machine;
    std::vector<std::int64_t> ranks;  // empty: the experiment's own
    std::string kernel;
    bool json = false;
};

void addMachineArguments(CLI::App& verb, MachineArguments& arguments);

struct PlannedOn {
    Experiment experiment{};
    Machine machine{};
    std::vector<std::int64_t> ranks{};  // 0: the experiment's own
};
// The machine that was calibrated has the error bar that its own newest runs tell.
Result<PlannedOn> readPlannedOn(const MachineArguments& arguments, const GlobalOptions& global);

// "128k", "1.5M" as experiments write lengths; and "2T", "300B" in thousands, as trainings are
// told of.
Result<std::int64_t> readTrainingTokens(const std::string& text);

}  // namespace ringscope::cli
