#include "backend/analysis/tool_variants.h"

#include "backend/analysis/gpu_spans.h"
#include "backend/analysis/intervals.h"
#include "backend/analysis/rank_sets.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

// HTA's consecutive_kernel_delay.
constexpr std::int64_t shortGap = 30;

std::int64_t common(const IntervalSet& a, const IntervalSet& b) {
    return lengthOf(intersectionOf(a, b));
}

HtaFigures htaFigures(const IntervalSet& c, const IntervalSet& k, const IntervalSet& m,
                      const IntervalSet& all) {
    HtaFigures hta;
    if (!all.empty()) hta.kernelTime = all.back().end - all.front().begin;
    hta.idle = hta.kernelTime - lengthOf(all);
    hta.compute = lengthOf(k);
    hta.nonCompute = hta.kernelTime - hta.compute - hta.idle;
    const IntervalSet ck = intersectionOf(c, k);
    hta.allThree = common(ck, m);
    hta.computeAndComm = lengthOf(ck) - hta.allThree;
    hta.computeAndMemory = common(k, m) - hta.allThree;
    hta.commAndMemory = common(c, m) - hta.allThree;
    hta.computeOnly = lengthOf(differenceOf(differenceOf(k, c), m));
    hta.commOnly = lengthOf(differenceOf(differenceOf(c, k), m));
    hta.memoryOnly = lengthOf(differenceOf(differenceOf(m, k), c));
    if (const std::int64_t comm = lengthOf(c); comm > 0)
        hta.overlapPercent = 100.0 * static_cast<double>(lengthOf(ck)) / static_cast<double>(comm);
    return hta;
}

void addGaps(HtaFigures& hta, const GpuStream& stream) {
    if (stream.launched.size() != stream.spans.size()) return;
    for (std::size_t i = 1; i < stream.spans.size(); ++i) {
        const std::int64_t before = stream.spans[i - 1].end();
        const std::int64_t gap = stream.spans[i].begin() - before;
        if (gap <= 0) continue;
        if (stream.launched[i] > before) {
            hta.hostWait += gap;
        } else if (gap < shortGap) {
            hta.kernelWait += gap;
        } else {
            hta.otherWait += gap;
        }
    }
}

void check(ToolVariants& variants, const IntervalSet& all, std::int64_t steps) {
    const auto hold = [&](bool holds, const char* what) {
        if (!holds)
            variants.violations.push_back("rank " + std::to_string(variants.rank) + ": " + what);
    };
    const HtaFigures& hta = variants.hta;
    hold(hta.computeOnly + hta.commOnly + hta.memoryOnly + hta.computeAndComm +
                 hta.computeAndMemory + hta.commAndMemory + hta.allThree ==
             lengthOf(all),
         "HTA's kernel types do not add up to the busy time");
    const TraceLensFigures& lens = variants.traceLens;
    hold(lens.computation + lens.exposedComm + lens.exposedMemcpy + lens.idle == lens.total,
         "TraceLens' parts do not add up to the total");
    const TensorBoardFigures& board = variants.tensorBoard;
    hold(board.computation + board.overlapping + board.communication + board.other == steps,
         "the TensorBoard plugin's parts do not add up to the steps");
}

}  // namespace

ToolVariants toolVariants(const RankSets& sets, const std::vector<GpuStream>& streams) {
    const IntervalSet& c = sets.communication.comm;
    const IntervalSet& k = sets.compute;
    const IntervalSet& m = sets.copies;
    const IntervalSet all = unionOf(unionOf(c, k), m);
    ToolVariants variants;
    variants.rank = sets.rank;
    variants.hta = htaFigures(c, k, m, all);
    for (const GpuStream& stream : streams) addGaps(variants.hta, stream);
    variants.traceLens = {.computation = lengthOf(k),
                          .exposedComm = lengthOf(differenceOf(c, k)),
                          .exposedMemcpy = lengthOf(sets.copiesExposed),
                          .busy = lengthOf(all),
                          .idle = variants.hta.idle,
                          .total = variants.hta.kernelTime};
    const auto inSteps = [&](const IntervalSet& set) { return common(set, sets.steps); };
    TensorBoardFigures& board = variants.tensorBoard;
    board = {.computation = inSteps(differenceOf(k, c)),
             .overlapping = inSteps(intersectionOf(k, c)),
             .communication = inSteps(differenceOf(c, k)),
             .other = lengthOf(differenceOf(sets.steps, unionOf(c, k)))};
    check(variants, all, lengthOf(sets.steps));
    return variants;
}

std::vector<ToolVariants> toolVariants(const Trace& recorded) {
    const Trace trace = withGpuSpans(recorded);
    std::vector<ToolVariants> variants;
    for (const RankTrace& rank : trace.ranks) {
        // Of one rank's sets alone, whom it met does not matter.
        const std::vector<MessageMeeting> met(rank.spans.size());
        variants.push_back(toolVariants(rankSets(rank, met), rank.gpu));
    }
    return variants;
}

}  // namespace ringscope
