// ulysses: an all-to-all turns shards of the sequence with all heads into the whole sequence with a
// share of the heads, attention runs locally, and a second all-to-all turns its output back.
#include "backend/plan/modes/head_split.h"
#include "backend/plan/modes/modes.h"

namespace ringscope {
namespace {

std::vector<std::int64_t> upTo(std::int64_t most) {
    std::vector<std::int64_t> numbers;
    for (std::int64_t number = 1; number <= most; ++number) numbers.push_back(number);
    return numbers;
}

}  // namespace

Result<Schedule> ulyssesSchedule(const AttentionShape& shape) {
    if (!headsFit(shape, shape.ranks))
        return headsDoNotFit("ulysses", shape, shape.ranks, upTo(shape.heads));
    RINGSCOPE_TRY(ShardLayout layout,
                  contiguousLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    const std::int64_t kvHeads = kvHeadsOver(shape, shape.ranks) / shape.ranks;
    const auto exchange = [&](Payload payload, Moment posted) {
        return exchangeHeads(shape, shape.ranks, {}, payload, posted,
                             posted == Moment::BeforeBlocks ? 0 : 1);
    };

    const TokenSpan all{0, shape.tokens};
    const RankSet everybody{.first = 0, .count = shape.ranks};
    Step step{.index = 0,
              .queriesOf = everybody,
              .keysOf = everybody,
              .heads = {0, kvHeads},
              .blocks = {{all, all, shape.causal ? MaskKind::Causal : MaskKind::Full}}};
    RankSchedule passes;
    const auto withTransfers = [&](Payload before, Payload after) {
        step.transfers = exchange(before, Moment::BeforeBlocks);
        const std::vector<Transfer> back = exchange(after, Moment::AfterBlocks);
        step.transfers.insert(step.transfers.end(), back.begin(), back.end());
        return step;
    };
    passes.forward.push_back(withTransfers(Payload::QueryKeyValue, Payload::Output));
    passes.backward.push_back(withTransfers(Payload::OutputGrad, Payload::QueryKeyValueGrad));

    Schedule schedule{.executor = Executor::AllToAll,
                      .ranks = shape.ranks,
                      .owned = std::move(layout),
                      .headsPerRank = shape.heads / shape.ranks,
                      .kvHeadsPerRank = kvHeads};
    schedule.mode = [passes](const Schedule&, int) { return passes; };
    return schedule;
}

}  // namespace ringscope
