// The communication of modes for dilated patterns: the ranks that share a segment of a branch share
// its keys. Each rank packs the branch's rows before they travel, so a branch of rate r sends the
// bytes of a plain schedule over r; branches whose segments lie within a rank's tokens send
// nothing.
//
//   8 ranks x 4 tokens     segments 4, 16, 32     rates 1, 2, 4
//     rate 1   every rank by itself           4 rows of each rank
//     rate 2   ranks 0–3 and 4–7              2 rows
//     rate 4   all 8 ranks                    1 row
#pragma once

#include "backend/core/result.h"
#include "backend/plan/schedule.h"

#include <string_view>

namespace ringscope {

// How the ranks of a group share packed keys: `packed` is one branch of one group, with the group's
// ranks and all their packed rows, without a pattern.
using GroupSchedule = Result<Schedule> (*)(const AttentionShape& packed);

// A schedule with the branches of shape.pattern one after the other. Fails where the pattern has no
// branches, and where ranks would pack unequal rows; `mode` is named then.
Result<Schedule> packedBranches(std::string_view mode, const AttentionShape& shape,
                                GroupSchedule groupSchedule);

}  // namespace ringscope
