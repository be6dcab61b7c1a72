// The supervisor of one host's ranks: `ringscope agent`.
//
// Reads commands (backend/run/protocol.h) line by line from `in`, starts the ranks, writes frames
// to `out`. When `in` ends, `out` breaks, SIGTERM arrives or a rank cannot be started, it ends
// every process it started and returns. It ignores SIGINT, SIGHUP and SIGPIPE.
//
//   ending the ranks: SIGTERM to each rank's group, after the grace SIGKILL, then SIGKILL to every
//   process that still has RINGSCOPE_AGENT_RANKS=<random> in its environment
//
// Must run in a process of its own: it changes signal handling and adopts orphans of its
// descendants, and the kernel kills a rank when the thread that started it ends.
#pragma once

#include <chrono>

namespace ringscope {

// From the end of `in` to SIGKILL. After a controller was killed, no rank is alive 5 s later.
inline constexpr std::chrono::milliseconds agentGrace{2'000};

// Blocks until the ranks are gone. Returns the exit code: 0, or 1 if a process could not be ended.
int runAgent(int in, int out);

}  // namespace ringscope
