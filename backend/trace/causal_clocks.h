// Narrows how far the clocks of two hosts are apart by what their ranks sent each other.
//
//   a message, A to B     B's end is not before A's begin: B's clock is behind by at most that much
//   a message, B to A     the other bound
//   a collective          both, of each pair of its ranks
//
// Pings say as much, but only as exactly as the quickest of them was; on busy hosts, and over slow
// links to whoever pings, messages between the ranks say it better.
#pragma once

#include "backend/trace/rank_trace.h"

#include <vector>

namespace ringscope {

// Replaces the clock samples of ranks on other hosts than the first rank's by more exact ones at
// both ends of the recorded transfers, as far as messages with ranks of that host allow it. Where a
// message contradicts the samples, they stay as they are. Spans are on the ranks' own clocks.
void narrowClocks(std::vector<RankTrace>& ranks);

}  // namespace ringscope
