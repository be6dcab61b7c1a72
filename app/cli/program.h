// The command line as a whole: parses, runs one verb.
#pragma once

namespace ringscope::cli {

// Returns the exit code of the verb that `argv` names. Help, the version and what is wrong with the
// command line are printed.
int runProgram(int argc, const char* const* argv);

}  // namespace ringscope::cli
