// The verbs below `ringscope plan`, a file each.
#pragma once

#include "app/cli/command.h"

#include <CLI/App.hpp>

namespace ringscope::cli {

void addPlanMemory(CLI::App& plan, Command& command);
void addPlanTime(CLI::App& plan, Command& command);    // time, sweep, machines
void addPlanAdvise(CLI::App& plan, Command& command);  // advise, train
void addPlanCheck(CLI::App& plan, Command& command);
void addPlanPacking(CLI::App& plan, Command& command);

}  // namespace ringscope::cli
