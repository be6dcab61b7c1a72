#include "backend/plan/modes/packed_branches.h"

#include "backend/plan/modes/modes.h"
#include "backend/plan/patterns/pattern.h"

#include <fmt/format.h>
#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

// The ranks that share a segment of one branch with a rank.
struct BranchGroup {
    int branch = 0;
    int first = 0;  // rank
    int ranks = 1;
    std::int64_t rows = 0;  // of each rank
};

BranchGroup groupOf(const AttentionShape& shape, int branch, int rank) {
    const PatternConfig& config = shape.pattern->config();
    const std::int64_t held = shape.tokens / shape.ranks;
    const std::int64_t segment = config.segments[static_cast<std::size_t>(branch)];
    const auto ranks = static_cast<int>(std::clamp<std::int64_t>(segment / held, 1, shape.ranks));
    const int first = rank / ranks * ranks;
    return {branch, first, std::min(ranks, shape.ranks - first),
            held / config.rates[static_cast<std::size_t>(branch)]};
}

bool isCollective(const Transfer& transfer) { return transfer.peer < 0; }

// The steps of a group as those of a part of all ranks, behind the steps before it.
void append(std::vector<Step> steps, const BranchGroup& group, std::vector<Step>& pass) {
    const auto before = static_cast<int>(pass.size());
    for (Step& step : steps) {
        step.index += before;
        step.branch = group.branch;
        step.queriesOf.first += group.first;
        step.keysOf.first += group.first;
        for (Transfer& transfer : step.transfers) {
            transfer.neededBy += before;
            if (isCollective(transfer))
                transfer.among = {.first = group.first, .count = group.ranks};
            else
                transfer.peer += group.first;
        }
        pass.push_back(std::move(step));
    }
}

RankSchedule passesOf(const AttentionShape& shape, int rank, GroupSchedule groupSchedule) {
    RankSchedule passes;
    for (int branch = 0; branch < shape.pattern->branches(); ++branch) {
        const BranchGroup group = groupOf(shape, branch, rank);
        AttentionShape packed = shape;
        packed.ranks = group.ranks;
        packed.tokens = group.ranks * group.rows;
        packed.pattern = nullptr;
        packed.latentColumns = 0;
        const Schedule schedule = (group.ranks == 1 ? ringSchedule : groupSchedule)(packed).value();
        RankSchedule steps = schedule.makeSteps(schedule, rank - group.first);
        append(std::move(steps.forward), group, passes.forward);
        append(std::move(steps.backward), group, passes.backward);
        passes.packed.push_back(
            shape.pattern->packedRows(branch, rank * (shape.tokens / shape.ranks)));
    }
    return passes;
}

// A rank packs as many rows of every head, and a segment ends where ranks do, or within one.
Result<void> checkBranches(std::string_view mode, const AttentionShape& shape) {
    const PatternConfig& config = shape.pattern->config();
    const std::int64_t held = shape.tokens / shape.ranks;
    for (std::size_t i = 0; i < config.rates.size(); ++i) {
        const std::int64_t rate = config.rates[i];
        const std::int64_t segment = config.segments[i];
        if (held % rate != 0)
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("{} packs as many rows of every head, and rate {} does not "
                                     "divide a rank's {} tokens; use a rate that does, or mode "
                                     "ring",
                                     mode, rate, held)};
        const bool within = segment <= held && held % segment == 0 && segment % rate == 0;
        if (!within && segment % held != 0 && segment < shape.tokens)
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("{} keeps a segment within a rank's {} tokens or gives it "
                                     "whole ranks; segment {} (rate {}) is neither, use {} or {}, "
                                     "or mode ring",
                                     mode, held, segment, rate, std::gcd(segment, held),
                                     (segment / held + 1) * held)};
    }
    return {};
}

}  // namespace

Result<Schedule> packedBranches(std::string_view mode, const AttentionShape& shape,
                                GroupSchedule groupSchedule) {
    if (shape.pattern->config().kind != PatternKind::Dilated)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("{} packs the rows of a dilated pattern, and "
                                 "attention.pattern.kind is {}; use mode ring",
                                 mode, nameOf(shape.pattern->config().kind))};
    RINGSCOPE_TRY(ShardLayout layout,
                  contiguousLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    RINGSCOPE_CHECK(checkBranches(mode, shape));
    // Groups of several sizes: the rank that sends the most depends on all of them.
    std::vector<int> everybody(static_cast<std::size_t>(shape.ranks));
    std::iota(everybody.begin(), everybody.end(), 0);
    return Schedule{.executor = Executor::PackedRing,
                    .ranks = shape.ranks,
                    .owned = std::move(layout),
                    .busiest = std::move(everybody),
                    .headsPerRank = shape.heads,
                    .kvHeadsPerRank = shape.kvHeads,
                    .makeSteps = [shape, groupSchedule](const Schedule&, int rank) {
                        return passesOf(shape, rank, groupSchedule);
                    }};
}

}  // namespace ringscope
