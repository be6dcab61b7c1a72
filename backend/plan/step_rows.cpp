#include "backend/plan/step_rows.h"

#include <algorithm>
#include <map>
#include <optional>
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

// For each row of `keys` whether a block needs it for `head`.
std::vector<bool> rowsNeeded(const Step& step, const TokenSpan& keys,
                             std::optional<std::int64_t> head) {
    std::vector<bool> needed(static_cast<std::size_t>(keys.size()));
    for (const Block& block : step.blocks) {
        const bool all = !head || block.heads.size() == 0;
        if (!all && (*head < block.heads.begin || *head >= block.heads.end)) continue;
        for (std::int64_t row = block.keys.begin; row < block.keys.end; row += block.keyStep)
            needed[static_cast<std::size_t>(row - keys.begin)] = true;
    }
    return needed;
}

// Evenly spaced rows, as few parts as come from taking each row with those that follow it: two rows
// that are no neighbours are no part.
void addParts(const std::vector<bool>& needed, std::int64_t firstRow, const HeadSpan& heads,
              std::vector<KeyRows>& parts) {
    std::vector<std::int64_t> rows;
    for (std::size_t row = 0; row < needed.size(); ++row)
        if (needed[row]) rows.push_back(firstRow + static_cast<std::int64_t>(row));
    for (std::size_t first = 0, next = 0; first < rows.size(); first = next) {
        next = first + 1;
        const std::int64_t step = next < rows.size() ? rows[next] - rows[first] : 1;
        while (next < rows.size() && rows[next] - rows[next - 1] == step) ++next;
        if (next == first + 2 && step > 1) next = first + 1;
        parts.push_back({.rows = {rows[first], rows[next - 1] + 1},
                         .step = next == first + 1 ? 1 : step,
                         .heads = heads});
    }
}

}  // namespace

TokenSpan queryRows(const Step& step) { return rowsOfBlocks(step, &Block::queries); }
TokenSpan keyRows(const Step& step) { return rowsOfBlocks(step, &Block::keys); }

std::vector<KeyRows> neededKeys(const Step& step, bool latent) {
    const TokenSpan keys = keyRows(step);
    std::vector<KeyRows> parts;
    const bool alike = std::ranges::all_of(
        step.blocks, [](const Block& block) { return block.heads.size() == 0; });
    if (latent || alike) {
        addParts(rowsNeeded(step, keys, std::nullopt), keys.begin,
                 latent ? HeadSpan{0, 1} : step.heads, parts);
        return parts;
    }
    // Neighbours that need the same rows together.
    std::vector<bool> rows = rowsNeeded(step, keys, 0);
    for (std::int64_t head = 0, end = 0; head < step.heads.size(); head = end) {
        std::vector<bool> next;
        for (end = head + 1; end < step.heads.size(); ++end) {
            next = rowsNeeded(step, keys, end);
            if (next != rows) break;
        }
        addParts(rows, keys.begin, {head, end}, parts);
        rows = std::move(next);
    }
    return parts;
}

RankSchedule stepsOfBranch(const RankSchedule& steps, int branch) {
    RankSchedule some;
    for (const Step& step : steps.forward)
        if (step.branch == branch) some.forward.push_back(step);
    for (const Step& step : steps.backward)
        if (step.branch == branch) some.backward.push_back(step);
    return some;
}

bool isMessage(const Transfer& transfer) {
    return transfer.kind == TransferKind::Send || transfer.kind == TransferKind::Receive;
}

const Transfer* messageOf(const Step& step, PostTime time, Payload payload) {
    const auto found = std::ranges::find_if(step.transfers, [&](const Transfer& transfer) {
        return transfer.posted == time && transfer.payload == payload && isMessage(transfer);
    });
    return found == step.transfers.end() ? nullptr : &*found;
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
