// All ranks of a run on one clock.
#pragma once

#include "backend/trace/rank_trace.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

struct Trace {
    std::vector<RankTrace> ranks;    // by rank; times are rank 0's host's
    std::int64_t begin = 0;          // of the first span
    std::int64_t end = 0;            // of the last
    std::int64_t clockErrorNs = 0;   // times of two ranks compare within this; 0: one clock
    std::vector<std::string> notes;  // missing ranks, losses, drops: to be shown beside any figure

    std::uint64_t spans() const;
};

// Moves the ranks onto one clock.
Trace mergeRanks(std::vector<RankTrace> ranks);

// What to show beside any figure of these ranks: who is missing, what was lost, dropped, off.
std::vector<std::string> notesOn(const std::vector<RankTrace>& ranks);

}  // namespace ringscope
