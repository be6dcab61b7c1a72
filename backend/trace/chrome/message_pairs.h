// Which transfers of ranks that were recorded each for itself belong together, as numbers that all
// their ends carry.
//
//   collective operations   the n-th of a process group; by its sequence number where the trace
//                           says it, else by the order of those of a kind in a step
//   messages                the n-th from one rank to another in a step
#pragma once

#include "backend/trace/chrome/import.h"

#include <cstddef>
#include <vector>

namespace ringscope {

// Numbers the transfers of all ranks, and says in each rank's origin which groups it is in. A
// transfer that has no counterpart, or does not say what it is, gets a number of its own.
// Returns how many were paired by their order alone.
std::size_t pairMessages(std::vector<ImportedRank>& ranks);

}  // namespace ringscope
