// ulysses: an all-to-all turns shards of the sequence with all heads into the whole sequence with a
// share of the heads, attention runs locally, and a second all-to-all turns its output back. A rank
// takes its heads some at a time: the next ones come, and the last ones' output goes, meanwhile.
#include "backend/plan/modes/head_split.h"
#include "backend/plan/modes/modes.h"

#include <fmt/format.h>

namespace ringscope {
namespace {

std::vector<std::int64_t> upTo(std::int64_t most) {
    std::vector<std::int64_t> numbers;
    for (std::int64_t number = 1; number <= most; ++number) numbers.push_back(number);
    return numbers;
}

struct Exchanging {
    const AttentionShape& shape;
    std::vector<HeadSpan> heads;  // of each rank

    // Tensors that go one by one do so to need less memory at a time.
    bool ahead() const { return shape.ahead && shape.packed; }

    std::vector<Transfer> bring(std::size_t group, Payload payload) const {
        return exchangeHeads(shape, shape.ranks, heads[group],
                             {.payload = payload, .neededBy = static_cast<int>(group)});
    }
    std::vector<Transfer> sendBack(std::size_t group, Payload payload) const {
        return exchangeHeads(shape, shape.ranks, heads[group],
                             {.payload = payload,
                              .posted = PostTime::AfterBlocks,
                              .neededBy = static_cast<int>(ahead() ? group + 1 : group)});
    }

    std::vector<Step> pass(Payload there, Payload back) const {
        const TokenSpan all{0, shape.tokens};
        const RankSet everybody{.first = 0, .count = shape.ranks};
        std::vector<Step> steps;
        for (std::size_t group = 0; group < heads.size(); ++group) {
            Step& step = steps.emplace_back(
                Step{.index = static_cast<int>(group),
                     .queriesOf = everybody,
                     .keysOf = everybody,
                     .heads = heads[group],
                     .blocks = {{all, all, shape.causal ? MaskKind::Causal : MaskKind::Full}}});
            const auto add = [&step](const std::vector<Transfer>& transfers) {
                step.transfers.insert(step.transfers.end(), transfers.begin(), transfers.end());
            };
            if (group == 0 || !ahead()) add(bring(group, there));
            if (group + 1 < heads.size() && ahead()) add(bring(group + 1, there));
            add(sendBack(group, back));
        }
        return steps;
    }
};

}  // namespace

Result<Schedule> ulyssesSchedule(const AttentionShape& shape) {
    if (!headsFit(shape, shape.ranks))
        return headsDoNotFit("ulysses", shape, shape.ranks, upTo(shape.heads));
    if (shape.gateColumns > 0 && shape.kvHeads < shape.ranks)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("model.attention nsa selects blocks with all query heads of a key "
                                 "head, and ulysses gives them to several ranks: {} key/value "
                                 "heads, {} ranks; use {} ranks at most, or mode llama3",
                                 shape.kvHeads, shape.ranks, shape.kvHeads)};
    RINGSCOPE_TRY(ShardLayout layout,
                  contiguousLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    const std::int64_t kvHeads = kvHeadsOver(shape, shape.ranks) / shape.ranks;
    const Exchanging exchanging{shape, headGroups(kvHeads, shape.ranks == 1 ? 1 : mostHeadGroups)};
    Schedule schedule{.executor = Executor::AllToAll,
                      .ranks = shape.ranks,
                      .owned = std::move(layout),
                      .headsPerRank = shape.heads / shape.ranks,
                      .kvHeadsPerRank = kvHeads};
    const RankSchedule passes{exchanging.pass(Payload::QueryKeyValue, Payload::Output),
                              exchanging.pass(Payload::OutputGrad, Payload::QueryKeyValueGrad)};
    schedule.makeSteps = [passes](const Schedule&, int) { return passes; };
    return schedule;
}

}  // namespace ringscope
