// Ranks that other tools recorded, each for itself, brought together: who is which rank, which
// messages are the same, how far the clocks are apart.
#include "backend/core/units.h"
#include "backend/trace/chrome/import.h"
#include "backend/trace/chrome/message_pairs.h"
#include "backend/trace/trace.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <tuple>

namespace ringscope {
namespace {

bool endsTogether(const Span& span) {
    return span.kind() == SpanKind::Transfer &&
           (span.operation() == Operation::AllReduce || span.operation() == Operation::AllGather ||
            span.operation() == Operation::AllToAll || span.operation() == Operation::Barrier ||
            span.operation() == Operation::ReduceScatter);
}

using CollectiveKey = std::tuple<int, Operation, int, std::uint32_t>;
using Ends = std::map<CollectiveKey, std::int64_t>;

Ends endsOf(const RankTrace& rank) {
    Ends ends;
    for (const GpuStream& stream : rank.gpu)
        for (const Span& span : stream.spans)
            if (endsTogether(span))
                ends[{span.step(), span.operation(), span.peer(), span.message()}] = span.end();
    return ends;
}

// The later of the two where the count is even; the whole is reordered.
std::int64_t quantile(std::vector<std::int64_t>& values, double part) {
    const auto at = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
    std::ranges::nth_element(values, values.begin() + at);
    return values[static_cast<std::size_t>(at)];
}

constexpr std::size_t fewestEnds = 3;

// Moves every rank by what its collectives' ends differ from the first rank's, in the median.
void alignClocks(std::vector<ImportedRank>& ranks) {
    const Ends reference = endsOf(ranks.front().trace);
    for (std::size_t r = 1; r < ranks.size(); ++r) {
        if (!ranks[r].trace.clock.empty()) continue;  // it is known
        std::vector<std::int64_t> apart;
        for (const auto& [key, end] : endsOf(ranks[r].trace))
            if (const auto there = reference.find(key); there != reference.end())
                apart.push_back(there->second - end);
        if (apart.size() < fewestEnds) continue;
        const std::int64_t offset = quantile(apart, 0.5);
        for (std::int64_t& each : apart) each = std::abs(each - offset);
        const std::int64_t error = quantile(apart, 0.95);
        // Clocks that agree within what can be told stay as they are.
        const std::int64_t moved = std::abs(offset) <= error ? 0 : offset;
        ranks[r].trace.clock = {{.local = 0, .reference = moved, .error = error}};
    }
}

void nameRanks(std::vector<ImportedRank>& ranks) {
    std::set<int> taken;
    std::vector<ImportedRank*> nameless;
    for (ImportedRank& rank : ranks)
        if (rank.trace.origin.rank < 0 || !taken.insert(rank.trace.origin.rank).second)
            nameless.push_back(&rank);
    int next = 0;
    for (ImportedRank* rank : nameless) {
        while (taken.contains(next)) ++next;
        const std::string file = rank->trace.origin.run;
        rank->trace.notes.push_back(
            rank->trace.origin.rank < 0
                ? fmt::format("'{}' does not say its rank; it is shown as {}", file, next)
                : fmt::format("'{}' is of rank {} as another file is; it is shown as {}", file,
                              rank->trace.origin.rank, next));
        rank->trace.origin.rank = next;
        taken.insert(next);
    }
    for (ImportedRank& rank : ranks)
        rank.trace.origin.world = std::max({rank.trace.origin.world, *taken.rbegin() + 1});
}

}  // namespace

Trace joinRanks(std::vector<ImportedRank> ranks) {
    nameRanks(ranks);
    std::ranges::sort(ranks, {}, [](const ImportedRank& rank) { return rank.trace.origin.rank; });
    const bool ours = std::ranges::all_of(
        ranks, [](const ImportedRank& rank) { return rank.trace.origin.source.empty(); });
    std::size_t byOrder = 0;
    if (!ours) {
        if (!std::ranges::all_of(ranks, &ImportedRank::numbered)) byOrder = pairMessages(ranks);
        alignClocks(ranks);
    }
    std::vector<RankTrace> traces;
    for (ImportedRank& rank : ranks) traces.push_back(std::move(rank.trace));
    Trace trace = mergeRanks(std::move(traces));
    if (byOrder > 0 && trace.ranks.size() > 1)
        trace.notes.push_back(fmt::format(
            "{} communication {} no sequence number: those that are alike are paired by their "
            "order in a step and a process group",
            formatCount(static_cast<std::int64_t>(byOrder)),
            byOrder == 1 ? "kernel carries" : "kernels carry"));
    return trace;
}

}  // namespace ringscope
