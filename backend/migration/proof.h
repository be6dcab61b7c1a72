// The old way and the new way of a migrated configuration, small enough to run on this machine: the
// same head counts, ranks of a sequence, mask and options of memory; few layers, short sequences.
//
// The old way is `legacy`, where every rank holds the whole sequence and gathers; the run's parity
// comes from mode none, which no sequence parallelism touches.
#pragma once

#include "backend/core/result.h"
#include "backend/migration/migration.h"

#include <string>
#include <vector>

namespace ringscope {

struct Proof {
    std::string experiment;          // a whole experiment file, with both modes in its matrix
    std::vector<std::string> notes;  // what differs from the experiment, what cannot be compared
};

inline constexpr int mostProofRanks = 8;

// Fails with Unavailable where there is nothing to compare: one rank a sequence, latent attention.
Result<Proof> proofOf(const Migration& migration);

}  // namespace ringscope
