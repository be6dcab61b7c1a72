#include "backend/plan/modes/gather_passes.h"

#include "backend/plan/modes/head_split.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

// Own queries against the keys of the whole sequence.
std::vector<Block> blocksOf(const AttentionShape& shape, const std::vector<TokenSpan>& owned) {
    if (!shape.causal) return {{{0, tokenCount(owned)}, {0, shape.tokens}, MaskKind::Full}};
    std::vector<Block> blocks;
    std::int64_t row = 0;
    for (const TokenSpan& span : owned) {
        const TokenSpan rows{row, row + span.size()};
        if (span.begin > 0) blocks.push_back({rows, {0, span.begin}, MaskKind::Full});
        blocks.push_back({rows, span, MaskKind::Causal});
        row = rows.end;
    }
    return blocks;
}

struct Gathering {
    const AttentionShape& shape;
    std::vector<HeadSpan> heads;
    RankSet self{};
    std::vector<Block> blocks{};

    Transfer gather(std::size_t group) const {
        return collective(TransferKind::AllGather, Payload::KeyValue, group, shape.elementBytes);
    }
    bool latent() const { return shape.latentColumns > 0; }

    Transfer collective(TransferKind kind, Payload payload, std::size_t group,
                        int scalarBytes) const {
        const std::int64_t columns =
            latent() ? shape.latentColumns : 2 * heads[group].size() * shape.headDim;
        const std::int64_t bytes =
            shape.batch * (shape.tokens / shape.ranks) * columns * scalarBytes * (shape.ranks - 1);
        const bool keys = payload == Payload::KeyValue;
        return {.kind = kind,
                .payload = payload,
                .posted = keys ? PostTime::BeforeBlocks : PostTime::AfterBlocks,
                .neededBy = static_cast<int>(keys || !shape.ahead ? group : group + 1),
                .sentBytes = bytes,
                .receivedBytes = bytes};
    }

    std::vector<Step> pass(Pass which) const {
        std::vector<Step> steps;
        for (std::size_t group = 0; group < heads.size(); ++group) {
            Step step{.index = static_cast<int>(group),
                      .queriesOf = self,
                      .keysOf = {.first = 0, .count = shape.ranks},
                      .heads = heads[group],
                      .blocks = blocks};
            // All heads come from one latent, and add to one gradient.
            const bool last = group + 1 == heads.size();
            if (group == 0 || (!shape.ahead && !latent())) step.transfers.push_back(gather(group));
            if (!last && shape.ahead && !latent()) step.transfers.push_back(gather(group + 1));
            if (which == Pass::Backward && (last || !latent()))
                step.transfers.push_back(collective(TransferKind::ReduceScatter,
                                                    Payload::KeyValueGrad, group,
                                                    shape.gradientAccumulatorBytes));
            steps.push_back(std::move(step));
        }
        return steps;
    }
};

}  // namespace

Schedule gatherPasses(const AttentionShape& shape, ShardLayout layout, std::int64_t groups) {
    return Schedule{
        .executor = Executor::KeyGather,
        .ranks = shape.ranks,
        .owned = std::move(layout),
        .latent = shape.latentColumns > 0,
        .headsPerRank = shape.heads,
        .kvHeadsPerRank = shape.kvHeads,
        .makeSteps = [shape, groups](const Schedule& schedule, int rank) -> RankSchedule {
            const Gathering gathering{.shape = shape,
                                      .heads = headGroups(shape.kvHeads, groups),
                                      .self = {.first = rank, .count = 1},
                                      .blocks = blocksOf(shape, schedule.owned.spansOf(rank))};
            return {gathering.pass(Pass::Forward), gathering.pass(Pass::Backward)};
        }};
}

}  // namespace ringscope
