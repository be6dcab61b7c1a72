#include "backend/plan/step_rows.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ringscope {
namespace {

TokenSpan rowsOfBlocks(const Step& step, TokenSpan Block::*side) {
    if (step.blocks.empty()) return {};
    TokenSpan rows = step.blocks.front().*side;
    for (const Block& block : step.blocks) {
        rows.begin = std::min(rows.begin, (block.*side).begin);
        rows.end = std::max(rows.end, (block.*side).end);
    }
    return rows;
}

}  // namespace

TokenSpan queryRows(const Step& step) { return rowsOfBlocks(step, &Block::queries); }
TokenSpan keyRows(const Step& step) { return rowsOfBlocks(step, &Block::keys); }

RankSchedule stepsOfBranch(const RankSchedule& steps, int branch) {
    RankSchedule some;
    for (const Step& step : steps.forward)
        if (step.branch == branch) some.forward.push_back(step);
    for (const Step& step : steps.backward)
        if (step.branch == branch) some.backward.push_back(step);
    return some;
}

bool gathersKeys(const RankSchedule& steps) {
    return std::ranges::any_of(steps.forward.front().transfers, [](const Transfer& each) {
        return each.kind == TransferKind::AllGather;
    });
}

// Rows are packed where all blocks of a branch and head have the same distance and remainder: then
// no two rows of a head have one place.
std::vector<std::int64_t> branchSteps(const RankSchedule& steps) {
    std::vector<std::int64_t> distances(static_cast<std::size_t>(steps.branchesApart), 0);
    std::map<std::pair<int, std::int64_t>, std::int64_t> remainders;
    for (const Step& step : steps.forward) {
        for (const Block& block : step.blocks) {
            if (steps.branchesApart == 0) return {};
            std::int64_t& distance = distances[static_cast<std::size_t>(block.branch)];
            if (distance == 0) distance = block.queryStep;
            const std::int64_t remainder = block.queries.begin % block.queryStep;
            const auto [known, isNew] =
                remainders.try_emplace({block.branch, block.heads.begin}, remainder);
            if (distance != block.queryStep || known->second != remainder) distance = 1;
        }
    }
    for (std::int64_t& distance : distances) distance = std::max<std::int64_t>(distance, 1);
    return distances;
}

}  // namespace ringscope
