// The old way and the new way of a migrated configuration, small enough to run on this machine: the
// same head counts, ranks of a sequence, mask and options of memory; few layers, short sequences.
//
// The old way is the mode that computes and sends as the old stack did (Migration::oldWay). Where
// that is the experiment's own, or cannot run here, one rank (mode none) stands beside the new way.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"
#include "backend/migration/migration.h"
#include "backend/run/run_record.h"

#include <string>
#include <vector>

namespace ringscope {

// Leaves out what decides where tokens are, and no result: legacy and none have none of it.
void removeLayout(ParallelConfig& parallel);

struct Proof {
    std::string experiment;          // a whole experiment file, with both modes in its matrix
    std::string sides;               // "the old way (legacy) and the new way (zigzag)"
    std::vector<std::string> notes;  // what differs from the experiment, what cannot be compared
};

inline constexpr int mostProofRanks = 8;

// Fails with Unavailable where there is nothing to compare: one rank a sequence, latent attention.
Result<Proof> proofOf(const Migration& migration);

// The runs of a proof as they ended: the old way, or one rank, first.
struct Proven {
    std::string name;
    std::vector<std::string> notes;
    std::vector<RunRecord> runs;
};

// What the runs showed: whether both ways train the same model, and how their losses, memory, bytes
// and times compare. One sentence.
std::string provenWords(const Proven& proven);

}  // namespace ringscope
