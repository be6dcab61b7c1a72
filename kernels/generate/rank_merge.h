// Attention whose keys are spread over ranks: what each gives for its part of them, as one.
#pragma once

#include "kernels/block/block_attention.h"
#include "kernels/comm/group.h"

namespace ringscope {

// `own` (B, n, H, D): of the same queries on all ranks, which all must call it. They merge the
// parts in the same order, so that all have the same bits. A rank without keys gives lse -inf.
BlockOutput mergedOverRanks(const BlockOutput& own, Group& ranks);

}  // namespace ringscope
