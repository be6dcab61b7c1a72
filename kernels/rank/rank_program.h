// The program ringscope-rank: reads its configuration, connects to the other ranks, trains, and
// reports every step. Its events and commands are those of backend/run/protocol.h.
#pragma once

#include <string>

namespace ringscope {

struct RankArguments {
    std::string run;
    int rank = 0;
    int world = 1;
    int localRank = 0;                  // among the ranks of this host
    std::string address = "127.0.0.1";  // where the other ranks reach this host
    std::string traceFolder;            // for the recording of profile.steps; empty: no recording
};

// Returns the process's exit code: 0, or 1 after an `error` event. Writes events to file descriptor
// `events`, each line at once, and reads commands from `input`. Where the input ends before the
// training, the process ends with it.
int runRank(const RankArguments& arguments, int input, int events);

}  // namespace ringscope
