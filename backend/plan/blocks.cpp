#include "backend/plan/blocks.h"

#include "backend/plan/row_runs.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

// Below this a block of its own costs more than the kernel that knows positions.
constexpr std::int64_t ownBlockRows = 64;

RowRun within(const RowRun& run, TokenSpan rows) {
    const std::int64_t begin = std::max(run.row, rows.begin);
    const std::int64_t end = std::min(run.row + run.count, rows.end);
    return {begin,
            std::max<std::int64_t>(0, end - begin),
            {run.tokens.at(begin - run.row), run.tokens.stride}};
}

// Queries and keys of one run each, and what each query row sees of the keys.
class BlockCutter {
public:
    BlockCutter(RowRun queries, RowRun keys, const AttentionMask& mask)
        : queries_(queries),
          keys_(keys),
          seen_(visibleRows(mask, queries.tokens, queries.count, keys.tokens, keys.count)) {}

    // Appends blocks that hold every pair once.
    void cut(std::vector<Block>& blocks) const {
        std::int64_t open = 0;  // rows from here on wait for a block by position
        std::int64_t row = 0;
        while (row < queries_.count) {
            const auto [end, kind] = simpleRows(row);
            if (end - row >= ownBlockRows || (open == row && end == queries_.count)) {
                addByPosition(open, row, blocks);
                addSimple(row, end, kind, blocks);
                open = end;
            }
            row = end;
        }
        addByPosition(open, queries_.count, blocks);
    }

private:
    const TokenSpan& seen(std::int64_t row) const { return seen_[static_cast<std::size_t>(row)]; }

    // How many rows from `first` on make one full or causal block.
    std::pair<std::int64_t, MaskKind> simpleRows(std::int64_t first) const {
        const TokenSpan start = seen(first);
        std::int64_t full = first + 1;
        while (full < queries_.count && seen(full) == start) ++full;
        if (start.size() != 1 || full > first + 1) return {full, MaskKind::Full};
        std::int64_t causal = first + 1;
        while (causal < queries_.count &&
               seen(causal) == TokenSpan{start.begin, start.end + causal - first})
            ++causal;
        return {causal, causal == first + 1 ? MaskKind::Full : MaskKind::Causal};
    }

    Block blockOf(std::int64_t begin, std::int64_t end, TokenSpan keys, MaskKind kind) const {
        return {.queries = {queries_.row + begin, queries_.row + end},
                .keys = {keys_.row + keys.begin, keys_.row + keys.end},
                .mask = kind,
                .queryTokens = {queries_.tokens.at(begin), queries_.tokens.stride},
                .keyTokens = {keys_.tokens.at(keys.begin), keys_.tokens.stride}};
    }

    void addSimple(std::int64_t begin, std::int64_t end, MaskKind kind,
                   std::vector<Block>& blocks) const {
        const TokenSpan keys{seen(begin).begin, seen(end - 1).end};
        if (keys.size() > 0) blocks.push_back(blockOf(begin, end, keys, kind));
    }

    void addByPosition(std::int64_t begin, std::int64_t end, std::vector<Block>& blocks) const {
        while (begin < end && seen(begin).size() == 0) ++begin;
        while (begin < end && seen(end - 1).size() == 0) --end;
        if (begin == end) return;
        Block block =
            blockOf(begin, end, {seen(begin).begin, seen(end - 1).end}, MaskKind::Positions);
        for (std::int64_t row = begin; row < end; ++row) block.pairs += seen(row).size();
        blocks.push_back(block);
    }

    RowRun queries_;
    RowRun keys_;
    std::vector<TokenSpan> seen_;
};

std::vector<Block> maskedBlocks(const std::vector<Block>& blocks,
                                const std::vector<RowRun>& queryRuns,
                                const std::vector<RowRun>& keyRuns, const AttentionMask& mask) {
    std::vector<Block> result;
    for (const Block& block : blocks) {
        for (const RowRun& queryRun : queryRuns) {
            const RowRun queries = within(queryRun, block.queries);
            if (queries.count == 0) continue;
            for (const RowRun& keyRun : keyRuns) {
                const RowRun keys = within(keyRun, block.keys);
                if (keys.count == 0 || apart(queries, keys, mask)) continue;
                BlockCutter(queries, keys, mask).cut(result);
            }
        }
    }
    return result;
}

}  // namespace

RankSchedule maskedSteps(const Schedule& schedule, int rank, const AttentionMask& mask) {
    RankSchedule steps = schedule.makeSteps(schedule, rank);
    for (std::vector<Step>* pass : {&steps.forward, &steps.backward})
        for (Step& step : *pass)
            if (!step.blocks.empty())
                step.blocks =
                    maskedBlocks(step.blocks, runsOf(tokensOf(schedule.owned, step.queriesOf)),
                                 runsOf(tokensOf(schedule.owned, step.keysOf)), mask);
    return steps;
}

Schedule masked(Schedule schedule, const AttentionMask& mask) {
    schedule.mask = mask;
    schedule.cut = true;
    schedule.needs = PlaceNeeds::under(mask, schedule.owned, schedule.places);
    return schedule;
}

}  // namespace ringscope
