// none: one rank computes everything. The reference that every other mode is held against.
#include "backend/plan/modes/modes.h"

#include <string>

namespace ringscope {

Result<Schedule> noneSchedule(const AttentionShape& shape) {
    if (shape.ranks != 1)
        return Error{ErrorCode::InvalidConfig, "none keeps the whole sequence on one rank; got " +
                                                   std::to_string(shape.ranks) + " ranks"};
    const TokenSpan all{0, shape.tokens};
    const MaskKind mask = shape.causal ? MaskKind::Causal : MaskKind::Full;
    const RankSet alone{.first = 0, .count = 1};
    const Step step{.index = 0,
                    .queriesOf = alone,
                    .keysOf = alone,
                    .heads = {0, shape.kvHeads},
                    .blocks = {{all, all, mask}}};
    RINGSCOPE_TRY(ShardLayout layout, contiguousLayout({.worldSize = 1, .tokens = shape.tokens}));
    return Schedule{.executor = Executor::Full,
                    .owned = std::move(layout),
                    .headsPerRank = shape.heads,
                    .kvHeadsPerRank = shape.kvHeads,
                    .makeSteps = [step](const Schedule&, int) {
                        return RankSchedule{.forward = {step}, .backward = {step}};
                    }};
}

}  // namespace ringscope
