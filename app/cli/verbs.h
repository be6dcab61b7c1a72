// One function per verb, each in the file of its name: demo_verb.cpp, run_verb.cpp, … A verb parses
// its options, calls a library, prints what that returns, and returns an exit code.
#pragma once

#include "app/cli/command.h"

namespace ringscope::cli {

void addDemoVerb(CLI::App& app, Command& command);
void addRunVerb(CLI::App& app, Command& command);
void addRunsVerb(CLI::App& app, Command& command);
void addCheckpointsVerb(CLI::App& app, Command& command);
void addCompareVerb(CLI::App& app, Command& command);
void addReportVerb(CLI::App& app, Command& command);
void addModelVerb(CLI::App& app, Command& command);
void addGenerateVerb(CLI::App& app, Command& command);
void addServeVerb(CLI::App& app, Command& command);
void addModesVerb(CLI::App& app, Command& command);
void addVerifyVerb(CLI::App& app, Command& command);
void addTraceVerb(CLI::App& app, Command& command);
void addConfigVerb(CLI::App& app, Command& command);
void addPlanVerb(CLI::App& app, Command& command);
void addCalibrateVerb(CLI::App& app, Command& command);
void addSearchVerb(CLI::App& app, Command& command);
void addDataVerb(CLI::App& app, Command& command);
void addTokenizeVerb(CLI::App& app, Command& command);
void addMigrateVerb(CLI::App& app, Command& command);
void addDbVerb(CLI::App& app, Command& command);
void addDoctorVerb(CLI::App& app, Command& command);
void addVersionVerb(CLI::App& app, Command& command);
void addAgentVerb(CLI::App& app, Command& command);
void addHelpVerb(CLI::App& app, Command& command);
void addCompletionVerb(CLI::App& app, Command& command);
void addManVerb(CLI::App& app, Command& command);

}  // namespace ringscope::cli
