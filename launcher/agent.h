// The supervisor of one host's ranks: `ringscope agent`.
//
// Reads commands (backend/run/protocol.h) line by line from `in`, starts the ranks, writes frames
// to `out`. When `in` ends, `out` breaks, SIGTERM comes or a start fails, it ends every process it
// started and returns; until then SIGINT, SIGHUP and SIGPIPE do not touch it.
//
//   ending the ranks: SIGTERM to each rank's group, after the grace SIGKILL, then SIGKILL to
//   whatever still carries RINGSCOPE_AGENT_RANKS=<random> in its environment
//
// Needs a process of its own: it changes signal handling, becomes the reaper of orphans below it,
// and a rank dies with the thread that started it.
#pragma once

#include <chrono>

namespace ringscope {

// From the end of `in` to insisting. A killed controller leaves no rank alive after 5 s.
inline constexpr std::chrono::milliseconds agentGrace{2'000};

// Blocks until the ranks are gone. Answers the exit code: 0, or 1 where a process could not be
// ended.
int runAgent(int in, int out);

}  // namespace ringscope
