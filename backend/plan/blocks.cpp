#include "backend/plan/blocks.h"

#include "backend/plan/key_choices.h"
#include "backend/plan/patterns/pattern.h"
#include "backend/plan/row_runs.h"
#include "backend/plan/step_rows.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

// Below this a block of its own costs more than the kernel that knows positions.
constexpr std::int64_t ownBlockRows = 64;

// Of rows that follow each other, those of a block.
RowRun ofBlock(const RowRun& run, TokenSpan rows) {
    const std::int64_t begin = std::max(run.row, rows.begin);
    const std::int64_t end = std::min(run.row + run.count, rows.end);
    return run.part(begin - run.row, std::max<std::int64_t>(0, end - begin));
}

// Queries and keys of one run each, and what each query row sees of the keys.
class BlockCutter {
public:
    BlockCutter(RowRun queries, RowRun keys, const AttentionMask& mask)
        : queries_(queries), keys_(keys), whole_(wholeKind(mask)) {
        if (!whole_)
            seen_ = visibleRows(mask, queries.tokens, queries.count, keys.tokens, keys.count);
    }

    // Appends blocks that hold every pair once.
    void cut(std::vector<Block>& blocks) const {
        if (whole_) {
            blocks.push_back(blockOf(0, queries_.count, {0, keys_.count}, *whole_));
            return;
        }
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
    // Of all pairs as one block, where nothing has to be looked at row by row.
    std::optional<MaskKind> wholeKind(const AttentionMask& mask) const {
        if (!mask.plain()) return std::nullopt;
        if (!mask.causal || keys_.tokens.at(keys_.count - 1) <= queries_.tokens.first)
            return MaskKind::Full;
        if (queries_.tokens == keys_.tokens && queries_.count == keys_.count)
            return MaskKind::Causal;
        return std::nullopt;
    }

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
        return {.queries = queries_.part(begin, end - begin).rows(),
                .keys = keys_.part(keys.begin, keys.size()).rows(),
                .mask = kind,
                .queryStep = queries_.step,
                .keyStep = keys_.step,
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
    std::optional<MaskKind> whole_;
    std::vector<TokenSpan> seen_;
};

// Of keys that queries choose from; nothing where none has a pair.
void addChosen(const PatternPiece& piece, const AttentionMask& mask,
               const AttentionPattern& pattern, std::vector<Block>& blocks) {
    const double pairs = chosenPairs(pattern, mask, piece.queries, piece.keys);
    if (pairs == 0) return;
    blocks.push_back({.queries = piece.queries.rows(),
                      .keys = piece.keys.rows(),
                      .mask = MaskKind::Positions,
                      .chosen = true,
                      .queryTokens = piece.queries.tokens,
                      .keyTokens = piece.keys.tokens,
                      .pairs = std::llround(pairs)});
}

// Cuts the blocks of one rank's steps to a mask, and to a pattern where there is one.
class StepCutter {
public:
    StepCutter(const Schedule& schedule, const AttentionMask& mask, std::int64_t firstHead)
        : schedule_(schedule), mask_(mask), firstHead_(firstHead) {}

    void cut(Step& step) const {
        if (step.blocks.empty()) return;
        const std::vector<TokenSpan> queries = tokensOf(schedule_.owned, step.queriesOf);
        const std::vector<TokenSpan> keys = tokensOf(schedule_.owned, step.keysOf);
        std::vector<Block> result;
        if (step.branch >= 0) {
            cutPacked(step, queries, keys, result);
        } else {
            std::vector<std::int64_t> heads;
            if (schedule_.pattern != nullptr)
                heads = modelHeads(*schedule_.pattern, schedule_, step.heads, firstHead_);
            for (const Block& block : step.blocks)
                cutBlock(block, runsOf(queries), runsOf(keys), [&](PatternCut meeting) {
                    meeting.heads = heads;
                    cutPattern(meeting, {}, result);
                });
        }
        step.blocks = std::move(result);
    }

private:
    // Calls `meet` for runs of the block's queries and keys that are not apart.
    template <typename Meet>
    void cutBlock(const Block& block, const std::vector<RowRun>& queryRuns,
                  const std::vector<RowRun>& keyRuns, const Meet& meet) const {
        for (const RowRun& queryRun : queryRuns) {
            const RowRun queries = ofBlock(queryRun, block.queries);
            if (queries.count == 0) continue;
            for (const RowRun& keyRun : keyRuns) {
                const RowRun keys = ofBlock(keyRun, block.keys);
                if (keys.count == 0 || apart(queries, keys, mask_)) continue;
                meet(PatternCut{queries, keys});
            }
        }
    }

    // `heads`: of the step, that the cut is for; none: all.
    void cutPattern(const PatternCut& meeting, const HeadSpan& heads,
                    std::vector<Block>& result) const {
        for (Block& block : blocksBetween(meeting, mask_, schedule_.pattern.get())) {
            if (heads.size() > 0) block.heads = heads;
            result.push_back(block);
        }
    }

    // Of a place that holds one span of tokens, and of each head every step-th from its first.
    static RowRun packedRun(const PackedRows& rows, std::size_t head, const TokenSpan& tokens) {
        return {0, tokens.size() / rows.step, {tokens.begin + rows.first[head], rows.step}};
    }

    void cutPacked(const Step& step, const std::vector<TokenSpan>& queries,
                   const std::vector<TokenSpan>& keys, std::vector<Block>& result) const {
        const AttentionPattern& pattern = *schedule_.pattern;
        const PackedRows ofQueries = pattern.packedRows(step.branch, queries.front().begin);
        const PackedRows ofKeys = pattern.packedRows(step.branch, keys.front().begin);
        const std::int64_t heads = step.heads.size();
        for (std::int64_t head = 0, end = 0; head < heads; head = end) {
            const auto at = static_cast<std::size_t>(head);
            for (end = head + 1; end < heads && ofQueries.first[static_cast<std::size_t>(end)] ==
                                                    ofQueries.first[at];)
                ++end;
            const std::vector<std::int64_t> model{head};
            for (const Block& block : step.blocks)
                cutBlock(block, {packedRun(ofQueries, at, queries.front())},
                         {packedRun(ofKeys, at, keys.front())}, [&](PatternCut meeting) {
                             meeting.heads = model;
                             meeting.branch = step.branch;
                             cutPattern(meeting, {head, end}, result);
                         });
        }
    }

    const Schedule& schedule_;
    const AttentionMask& mask_;
    std::int64_t firstHead_;
};

// The first query head that a rank attends for.
std::int64_t firstHeadOf(const Schedule& schedule, const RankSchedule& steps, int rank) {
    if (schedule.headsPerRank >= schedule.pattern->shape().heads) return 0;
    return steps.forward.front().queriesOf.placeOf(rank) * schedule.headsPerRank;
}

// See Schedule::summedBlocks. A place that holds all keys needs no sums of others.
std::int64_t mostBlocksOfAPlace(const Schedule& schedule) {
    if (!choosesKeys(schedule.pattern.get()) || schedule.places.size() < 2) return 0;
    std::int64_t most = 0;
    for (const RankSet& place : schedule.places)
        most = std::max<std::int64_t>(most, std::ssize(blocksOf(tokensOf(schedule.owned, place),
                                                                schedule.pattern->config().block)));
    return most;
}

// The rows that places, which are ranks with all heads, see of each other. Null where blocks need
// whole shards as the mode has them, and where it changes from batch to batch who sees what.
std::shared_ptr<const PlaceNeeds> neededRows(const Schedule& schedule) {
    if (schedule.places.empty()) return nullptr;
    std::vector<std::vector<TokenSpan>> tokens;
    std::vector<std::vector<RowRun>> runs;
    for (const RankSet& place : schedule.places) {
        tokens.push_back(tokensOf(schedule.owned, place));
        runs.push_back(runsOf(tokens.back()));
    }
    const bool whole =
        schedule.mask.plain() && schedule.pattern == nullptr &&
        std::ranges::all_of(tokens, [](const auto& spans) { return spans.size() == 1; });
    if (whole) return nullptr;
    const StepCutter cutter(schedule, schedule.mask, 0);
    const std::int64_t heads = schedule.latent ? 1 : schedule.kvHeadsPerRank;
    const auto seen = [&](std::size_t place, std::size_t keysOf) -> PlaceNeeds::Rows {
        const bool meet = std::ranges::any_of(runs[place], [&](const RowRun& queries) {
            return std::ranges::any_of(runs[keysOf], [&](const RowRun& keys) {
                return !apart(queries, keys, schedule.mask);
            });
        });
        if (!meet) return std::nullopt;
        const TokenSpan keys{0, tokenCount(tokens[keysOf])};
        Step step{.queriesOf = schedule.places[place],
                  .keysOf = schedule.places[keysOf],
                  .heads = {0, schedule.kvHeadsPerRank},
                  .blocks = {{{0, tokenCount(tokens[place])}, keys, MaskKind::Full}}};
        cutter.cut(step);
        if (step.blocks.empty()) return std::nullopt;
        std::vector<KeyRows> rows = neededKeys(step, schedule.latent);
        if (rowCount(rows) == keys.size() * heads) rows.clear();
        return rows;
    };
    return PlaceNeeds::ofRows(schedule.places.size(), seen);
}

}  // namespace

std::vector<Block> blocksBetween(const PatternCut& meeting, const AttentionMask& mask,
                                 const AttentionPattern* pattern) {
    std::vector<Block> blocks;
    if (pattern == nullptr) {
        BlockCutter(meeting.queries, meeting.keys, mask).cut(blocks);
        return blocks;
    }
    pattern->cut(meeting, [&](const PatternPiece& piece) {
        if (apart(piece.queries, piece.keys, mask)) return;
        const std::size_t before = blocks.size();
        if (piece.chosen)
            addChosen(piece, mask, *pattern, blocks);
        else
            BlockCutter(piece.queries, piece.keys, mask).cut(blocks);
        for (std::size_t i = before; i < blocks.size(); ++i) {
            blocks[i].heads = piece.heads;
            blocks[i].branch = piece.branch;
        }
    });
    return blocks;
}

RankSchedule maskedSteps(const Schedule& schedule, int rank, const AttentionMask& mask) {
    RankSchedule steps = schedule.makeSteps(schedule, rank);
    const Pattern& pattern = schedule.pattern;
    if (pattern != nullptr && pattern->branchesApart()) steps.branchesApart = pattern->branches();
    const StepCutter cutter(schedule, mask,
                            pattern == nullptr ? 0 : firstHeadOf(schedule, steps, rank));
    for (std::vector<Step>* pass : {&steps.forward, &steps.backward})
        for (Step& step : *pass) cutter.cut(step);
    return steps;
}

Schedule masked(Schedule schedule, const AttentionMask& mask,
                std::shared_ptr<const AttentionPattern> pattern) {
    schedule.mask = mask;
    schedule.cut = true;
    schedule.pattern = std::move(pattern);
    schedule.needs = schedule.seenRows ? neededRows(schedule)
                                       : PlaceNeeds::under(mask, schedule.owned, schedule.places,
                                                           schedule.pattern.get());
    schedule.summedBlocks = mostBlocksOfAPlace(schedule);
    return schedule;
}

}  // namespace ringscope
