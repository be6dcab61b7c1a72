#include "backend/trace/trace.h"

#include "backend/trace/clock_line.h"
#include "backend/trace/memory_names.h"
#include "backend/trace/trace_folder.h"

#include <fmt/format.h>
#include <algorithm>
#include <limits>

namespace ringscope {
namespace {

struct Extent {
    std::int64_t begin = std::numeric_limits<std::int64_t>::max();
    std::int64_t end = 0;

    void include(const std::vector<Span>& spans) {
        for (const Span& span : spans) {
            begin = std::min(begin, span.begin());
            end = std::max(end, span.end());
        }
    }
    bool empty() const { return begin > end; }
};

Extent extentOf(const RankTrace& rank) {
    Extent extent;
    extent.include(rank.spans);
    for (const GpuStream& stream : rank.gpu) extent.include(stream.spans);
    return extent;
}

void moveToReferenceClock(RankTrace& rank, const ClockLine& clock) {
    if (clock.isReference()) return;
    const auto move = [&](std::vector<Span>& spans) {
        for (Span& span : spans)
            span = span.at(clock.toReference(span.begin()), clock.toReference(span.end()));
    };
    move(rank.spans);
    for (Allocation& allocation : rank.allocations) {
        allocation.begin = clock.toReference(allocation.begin);
        if (allocation.end != Allocation::heldToTheEnd)
            allocation.end = clock.toReference(allocation.end);
    }
    for (GpuStream& stream : rank.gpu) {
        move(stream.spans);
        for (std::int64_t& launched : stream.launched)
            if (launched > 0) launched = clock.toReference(launched);
    }
}

}  // namespace

std::uint64_t Trace::spans() const {
    std::uint64_t count = 0;
    for (const RankTrace& rank : ranks) {
        count += rank.spans.size();
        for (const GpuStream& stream : rank.gpu) count += stream.spans.size();
    }
    return count;
}

Trace mergeRanks(std::vector<RankTrace> ranks) {
    std::ranges::sort(ranks, {}, [](const RankTrace& rank) { return rank.origin.rank; });
    Trace trace;
    trace.notes = notesOn(ranks);
    Extent all;
    for (RankTrace& rank : ranks) {
        const ClockLine clock(rank.clock);
        const Extent recorded = extentOf(rank);
        if (recorded.empty()) continue;
        trace.clockErrorNs =
            std::max(trace.clockErrorNs, clock.error(recorded.begin, recorded.end));
        moveToReferenceClock(rank, clock);
        nameAllocations(rank);
        all.begin = std::min(all.begin, clock.toReference(recorded.begin));
        all.end = std::max(all.end, clock.toReference(recorded.end));
    }
    trace.begin = all.empty() ? 0 : all.begin;
    trace.end = all.empty() ? 0 : all.end;
    trace.ranks = std::move(ranks);
    return trace;
}

std::filesystem::path traceRoot(const std::filesystem::path& store) {
    return std::filesystem::absolute(store).parent_path() / "traces";
}

Result<Trace> readTrace(const std::filesystem::path& place, const ReadProgress& progress) {
    RINGSCOPE_TRY(TraceFolder folder, readFolder(place, progress, readTraceFile));
    Trace trace = mergeRanks(std::move(folder.ranks));
    trace.notes.insert(trace.notes.end(), folder.unreadable.begin(), folder.unreadable.end());
    return trace;
}

}  // namespace ringscope
