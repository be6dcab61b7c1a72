// What ringscope-rank does between main()'s first and last line: reads its configuration, meets the
// other ranks, trains, and tells every step. The words are backend/run/protocol.h.
#pragma once

#include <string>

namespace ringscope {

struct RankArguments {
    std::string run;
    int rank = 0;
    int world = 1;
    int localRank = 0;                  // among the ranks of this host
    std::string address = "127.0.0.1";  // where the other ranks reach this host
    std::string traceFolder;            // where profile.steps are recorded; empty: they are not
};

// Answers the process's exit code: 0, or 1 after an `error` event. Events are written to file
// descriptor `events`, each line at once; commands are read from `input`, whose end before the
// training's ends the process.
int runRank(const RankArguments& arguments, int input, int events);

}  // namespace ringscope
