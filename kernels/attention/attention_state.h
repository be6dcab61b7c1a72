// What an Attention holds.
#pragma once

#include "kernels/attention/executor_table.h"

#include <limits>
#include <memory>

namespace ringscope {

struct Attention::State {
    const ExecutorRow& executor;
    AttentionBlocks blocks;  // of calls without blocks of their own
    ShardLayout owned;
    Group& group;
    AttentionOptions options;
    bool latent = false;  // latents travel
    std::shared_ptr<const AttentionPattern> pattern{};
    BufferPool pool{group.size() == 1 ? std::numeric_limits<std::int64_t>::max()
                                      : options.bufferLimit};

    // heads: query heads of the model; this part is about those from `firstHead` on. The part
    // refers to the call's blocks, so the call must outlive it.
    RankPart part(const AttentionCall& call, std::int64_t heads, std::int64_t firstHead) {
        const AttentionBlocks& used = call.blocks ? *call.blocks : blocks;
        return {used.steps,
                used.owned.ranks() > 0 ? used.owned : owned,
                group,
                pool,
                {.scale = options.scale,
                 .softcap = options.softcap,
                 .alibiHeads = options.alibi ? heads : 0,
                 .dropout = call.drops ? options.dropout : 0,
                 .dropoutSeed = dropoutSeedOfLayer(call.seed, call.layer),
                 .firstHead = firstHead,
                 .mask = &used.mask},
                call.sinks,
                nullptr,
                0,
                pattern.get(),
                call.sparse ? &*call.sparse : nullptr};
    }
    // The whole, of all heads. `expand` is empty where keys travel as heads, and must outlive it.
    RankPart whole(const AttentionCall& call, std::int64_t heads, const KeyExpansion& expand,
                   std::int64_t keyHeads) {
        RankPart made = part(call, heads, 0);
        if (expand) made.expand = &expand;
        made.keyHeads = keyHeads;
        return made;
    }
};

}  // namespace ringscope
