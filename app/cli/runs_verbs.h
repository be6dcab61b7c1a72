// The parts of `ringscope runs`, each in the file of its name. Each adds its verbs below `runs`.
#pragma once

#include "app/cli/command.h"

namespace ringscope::cli {

void addRunsListVerb(CLI::App& runs, Command& command);   // ls
void addRunsShowVerb(CLI::App& runs, Command& command);   // show
void addRunsEditVerbs(CLI::App& runs, Command& command);  // rename, tag, note, pin, archive, rm, …
void addRunsAgainVerbs(CLI::App& runs, Command& command);  // rerun, export

}  // namespace ringscope::cli
