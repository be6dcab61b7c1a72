// What an Attention holds.
#pragma once

#include "kernels/attention/executor_table.h"

#include <limits>

namespace ringscope {

struct Attention::State {
    const ExecutorRow& executor;
    RankSchedule steps;
    ShardLayout owned;
    Group& group;
    AttentionOptions options;
    AttentionMask mask;
    BufferPool pool{group.size() == 1 ? std::numeric_limits<std::int64_t>::max()
                                      : options.bufferLimit};

    // heads: query heads of the model; this part is about those from `firstHead` on.
    RankPart part(std::int64_t heads, std::int64_t firstHead, std::uint64_t seed, int layer) {
        return {steps,
                owned,
                group,
                pool,
                {.scale = options.scale,
                 .softcap = options.softcap,
                 .alibiHeads = options.alibi ? heads : 0,
                 .dropout = options.dropout,
                 .dropoutSeed = dropoutSeedOfLayer(seed, layer),
                 .firstHead = firstHead,
                 .mask = &mask}};
    }
};

}  // namespace ringscope
