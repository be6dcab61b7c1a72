// As kernels/attention/packed_ring_executor.
#include "backend/memory/executors.h"

#include <utility>

namespace ringscope {
namespace {

// One branch, `sizes` of its packed rows.
AttentionPartMemory partOf(const AttentionPartMemory& part, const RankSchedule& steps,
                           const BlockSizes& sizes) {
    AttentionPartMemory some{part.writer, part.schedule, steps, part.rank, part.pool, sizes};
    some.sharing = steps.forward.front().keysOf.count;
    return some;
}

BlockSizes packedSizes(BlockSizes sizes, const PackedRows& rows) {
    sizes.queries /= rows.step;
    sizes.keys /= rows.step;
    return sizes;
}

// k and v are packed one by one, then put together.
Held packKeys(RankWriter& writer, const BlockSizes& sizes) {
    const Held k = writer.elements(sizes.keyNumbers());
    const Held v = writer.elements(sizes.keyNumbers());
    return writer.elements(2 * sizes.keyNumbers());
}

}  // namespace

AttentionOutputMemory packedRingForwardMemory(const AttentionPartMemory& part,
                                              const AttentionInput& input) {
    RankWriter& writer = part.writer;
    OutputMemory whole{writer.sums(part.sizes.queryNumbers()),
                       writer.sums(part.sizes.lseNumbers())};
    for (std::size_t branch = 0; branch < part.steps.packed.size(); ++branch) {
        const RankSchedule steps = stepsOfBranch(part.steps, static_cast<int>(branch));
        const BlockSizes sizes = packedSizes(part.sizes, part.steps.packed[branch]);
        const Held q = writer.elements(sizes.queryNumbers());
        const Held own = packKeys(writer, sizes);
        const AttentionPartMemory some = partOf(part, steps, sizes);
        OutputMemory packed =
            gathersKeys(steps) ? attendGathered(some).whole : attendAround(some, sizes, own);
        if (part.steps.branchesApart > 0) whole.branches.push_back(std::move(packed.out));
    }
    if (writer.hasTwoBytes()) whole.out = writer.elements(part.sizes.queryNumbers());
    AttentionOutputMemory all{whole.out, {{input.q, input.k, input.v}}};
    appendOutput(whole, all.saved.tensors);
    return all;
}

AttentionGradientMemory packedRingBackwardMemory(const AttentionPartMemory& part,
                                                 const SavedAttentionMemory& /*saved*/) {
    RankWriter& writer = part.writer;
    AttentionGradientMemory all{.q = writer.sums(part.sizes.queryNumbers()),
                                .k = writer.sums(part.sizes.keyNumbers()),
                                .v = writer.sums(part.sizes.keyNumbers())};
    for (std::size_t branch = 0; branch < part.steps.packed.size(); ++branch) {
        const RankSchedule steps = stepsOfBranch(part.steps, static_cast<int>(branch));
        const BlockSizes sizes = packedSizes(part.sizes, part.steps.packed[branch]);
        const Held out =
            part.steps.branchesApart > 0 ? Held{} : writer.elements(sizes.queryNumbers());
        const Held lse = writer.sums(sizes.lseNumbers());
        const Held q = writer.elements(sizes.queryNumbers());
        const Held own = packKeys(writer, sizes);
        const Held dOut = writer.elements(sizes.queryNumbers());
        const AttentionPartMemory some = partOf(part, steps, sizes);
        if (gathersKeys(steps))
            gradientsGathered(some);
        else
            gradientsAround(some, sizes, own);
    }
    if (!writer.hasTwoBytes()) return all;
    return {writer.elements(part.sizes.queryNumbers()), writer.elements(part.sizes.keyNumbers()),
            writer.elements(part.sizes.keyNumbers())};
}

}  // namespace ringscope
