// dilated-ring: a ring for each branch of a dilated pattern, over the ranks that share a segment.
// Each rank packs the branch's rows before they travel, so a branch of rate r sends a ring's bytes
// over r; branches whose segments lie within a rank's tokens send nothing. Nobody ever holds more
// keys than a ring does.
//
//   8 ranks x 4 tokens     segments 4, 16, 32     rates 1, 2, 4
//     rate 1   no ring                        4 rows of each rank
//     rate 2   rings 0–3 and 4–7              2 rows
//     rate 4   one ring of 8                  1 row
//
// Without a dilated pattern there is one branch of all keys: a ring.
#include "backend/core/text.h"
#include "backend/plan/modes/modes.h"
#include "backend/plan/modes/ring_passes.h"
#include "backend/plan/patterns/pattern.h"

#include <fmt/format.h>
#include <algorithm>
#include <numeric>

namespace ringscope {
namespace {

// The ring of one branch that a rank is in.
struct BranchRing {
    int branch = 0;
    int first = 0;  // rank
    int ranks = 1;
    std::int64_t rows = 0;  // of each rank
};

BranchRing ringOf(const AttentionShape& shape, int branch, int rank) {
    const PatternConfig& config = shape.pattern->config();
    const std::int64_t held = shape.tokens / shape.ranks;
    const std::int64_t segment = config.segments[static_cast<std::size_t>(branch)];
    const auto ranks = static_cast<int>(std::clamp<std::int64_t>(segment / held, 1, shape.ranks));
    const int first = rank / ranks * ranks;
    return {branch, first, std::min(ranks, shape.ranks - first),
            held / config.rates[static_cast<std::size_t>(branch)]};
}

// The steps of a ring as those of a part of all ranks, behind the steps before it.
void append(std::vector<Step> steps, const BranchRing& ring, std::vector<Step>& pass) {
    const auto before = static_cast<int>(pass.size());
    for (Step& step : steps) {
        step.index += before;
        step.branch = ring.branch;
        step.queriesOf.first += ring.first;
        step.keysOf.first += ring.first;
        for (Transfer& transfer : step.transfers) {
            transfer.neededBy += before;
            transfer.peer += ring.first;
            if (transfer.among.count > 0) transfer.among.first += ring.first;
        }
        pass.push_back(std::move(step));
    }
}

RankSchedule passesOf(const AttentionShape& shape, int rank) {
    RankSchedule passes;
    for (int branch = 0; branch < shape.pattern->branches(); ++branch) {
        const BranchRing ring = ringOf(shape, branch, rank);
        AttentionShape packed = shape;
        packed.ranks = ring.ranks;
        packed.tokens = ring.ranks * ring.rows;
        packed.pattern = nullptr;
        packed.latentColumns = 0;
        const Schedule schedule =
            ringPasses(packed, {.inner = ring.ranks},
                       contiguousLayout({.worldSize = ring.ranks, .tokens = packed.tokens}).value(),
                       contiguousBlocks(shape.causal, ring.rows));
        RankSchedule steps = schedule.makeSteps(schedule, rank - ring.first);
        append(std::move(steps.forward), ring, passes.forward);
        append(std::move(steps.backward), ring, passes.backward);
        passes.packed.push_back(
            shape.pattern->packedRows(branch, rank * (shape.tokens / shape.ranks)));
    }
    return passes;
}

// A rank packs as many rows of every head, and a segment ends where ranks do, or within one.
Result<void> checkBranches(const AttentionShape& shape) {
    const PatternConfig& config = shape.pattern->config();
    const std::int64_t held = shape.tokens / shape.ranks;
    for (std::size_t i = 0; i < config.rates.size(); ++i) {
        const std::int64_t rate = config.rates[i];
        const std::int64_t segment = config.segments[i];
        if (held % rate != 0)
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("dilated-ring packs as many rows of every head, and rate {} "
                                     "does not divide a rank's {} tokens; use a rate that does, or "
                                     "mode ring",
                                     rate, held)};
        const bool within = segment <= held && held % segment == 0 && segment % rate == 0;
        if (!within && segment % held != 0 && segment < shape.tokens)
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("dilated-ring keeps a segment within a rank's {} tokens or "
                                     "gives it whole ranks; segment {} (rate {}) is neither, use "
                                     "{} or {}, or mode ring",
                                     held, segment, rate, std::gcd(segment, held),
                                     (segment / held + 1) * held)};
    }
    return {};
}

}  // namespace

Result<Schedule> dilatedRingSchedule(const AttentionShape& shape) {
    if (shape.pattern == nullptr) return ringSchedule(shape);
    if (shape.pattern->config().kind != PatternKind::Dilated)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("dilated-ring packs the rows of a dilated pattern, and "
                                 "attention.pattern.kind is {}; use mode ring",
                                 nameOf(shape.pattern->config().kind))};
    RINGSCOPE_TRY(ShardLayout layout,
                  contiguousLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    RINGSCOPE_CHECK(checkBranches(shape));
    // Rings of several lengths: the rank that sends the most depends on all of them.
    std::vector<int> everybody(static_cast<std::size_t>(shape.ranks));
    std::iota(everybody.begin(), everybody.end(), 0);
    return Schedule{
        .executor = Executor::PackedRing,
        .ranks = shape.ranks,
        .owned = std::move(layout),
        .busiest = std::move(everybody),
        .headsPerRank = shape.heads,
        .kvHeadsPerRank = shape.kvHeads,
        .makeSteps = [shape](const Schedule&, int rank) { return passesOf(shape, rank); }};
}

}  // namespace ringscope
