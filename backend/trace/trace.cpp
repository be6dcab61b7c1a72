#include "backend/trace/trace.h"

#include "backend/trace/causal_clocks.h"
#include "backend/trace/clock_line.h"
#include "backend/trace/memory_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <limits>
#include <set>

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

std::vector<std::string> notesOn(const std::vector<RankTrace>& ranks) {
    std::vector<std::string> notes;
    if (ranks.empty()) return notes;
    int world = 1;
    for (const RankTrace& rank : ranks) world = std::max(world, rank.origin.world);
    const std::set<int> present = [&] {
        std::set<int> numbers;
        for (const RankTrace& rank : ranks) numbers.insert(rank.origin.rank);
        return numbers;
    }();
    const std::vector<int>& wanted = ranks.front().origin.recorded;
    if (!wanted.empty())
        notes.push_back(fmt::format("of {} ranks, {} {} to be recorded (profile.ranks)", world,
                                    fmt::join(wanted, ", "), wanted.size() == 1 ? "was" : "were"));
    for (const int rank : wanted)
        if (!present.contains(rank)) notes.push_back(fmt::format("rank {} left no trace", rank));
    for (int first = 0; first < world && wanted.empty(); ++first) {
        if (present.contains(first)) continue;
        const auto next = present.upper_bound(first);
        const int last = next == present.end() ? world - 1 : *next - 1;
        notes.push_back(first == last ? fmt::format("rank {} left no trace", first)
                                      : fmt::format("ranks {} to {} left no trace", first, last));
        first = last;
    }
    for (const RankTrace& rank : ranks) {
        if (rank.dropped > 0)
            notes.push_back(fmt::format("rank {} dropped {} spans: its figures are too small",
                                        rank.origin.rank, rank.dropped));
        if (rank.origin.device.starts_with("cuda") && rank.origin.gpuActivity.starts_with("off"))
            notes.push_back(fmt::format("rank {}: GPU activity is {}", rank.origin.rank,
                                        rank.origin.gpuActivity));
        for (const std::string& note : rank.notes)
            notes.push_back(fmt::format("rank {}: {}", rank.origin.rank, note));
        for (const std::string& loss : rank.losses)
            notes.push_back(fmt::format("rank {}: {}", rank.origin.rank, loss));
    }
    return notes;
}

Trace mergeRanks(std::vector<RankTrace> ranks) {
    std::ranges::sort(ranks, {}, [](const RankTrace& rank) { return rank.origin.rank; });
    narrowClocks(ranks);
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

}  // namespace ringscope
