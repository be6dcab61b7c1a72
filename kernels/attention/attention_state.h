// What an Attention holds.
#pragma once

#include "kernels/attention/executor_table.h"

namespace ringscope {

struct Attention::State {
    const ExecutorRow& executor;
    RankSchedule steps;
    ShardLayout owned;
    Group& group;
    AttentionOptions options;
    AttentionMask mask;

    // heads: query heads of the model.
    RankPart part(std::int64_t heads, std::uint64_t seed, int layer) const {
        return {steps,
                owned,
                group,
                {.scale = options.scale,
                 .softcap = options.softcap,
                 .alibiHeads = options.alibi ? heads : 0,
                 .dropout = options.dropout,
                 .dropoutSeed = dropoutSeedOfLayer(seed, layer),
                 .mask = &mask}};
    }
};

}  // namespace ringscope
