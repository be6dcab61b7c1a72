#include "backend/analysis/memory_series.h"

#include "backend/analysis/memory_track.h"
#include "backend/trace/memory_look.h"

#include <algorithm>

namespace ringscope {
namespace {

std::vector<MemorySeries::Step> stepsOf(const RankTrace& rank) {
    std::vector<MemorySeries::Step> steps;
    for (const Span& span : rank.spans)
        if (span.kind() == SpanKind::Step) steps.push_back({span.begin(), span.step()});
    std::ranges::sort(steps, {}, &MemorySeries::Step::begin);
    return steps;
}

}  // namespace

int MemorySeries::stepAt(std::int64_t time) const {
    int at = steps.empty() ? 0 : steps.front().step;
    for (const Step& step : steps)
        if (step.begin <= time) at = step.step;
    return at;
}

MemorySeries memorySeries(const RankTrace& rank, std::size_t columns) {
    MemorySeries series{.rank = rank.origin.rank};
    const MemoryTrack track(rank);
    if (track.empty() || columns == 0) return series;
    series.begin = track.timeOf(0);
    series.end = track.end();
    series.peakAt = track.timeOf(track.peak());
    series.peak = track.heldAt(track.peak());
    series.steps = stepsOf(rank);
    const auto length = static_cast<double>(series.end - series.begin);
    const auto edge = [&](std::size_t column) {
        return static_cast<double>(series.begin) +
               length * static_cast<double>(column) / static_cast<double>(columns);
    };
    std::size_t next = track.firstFrom(edge(0));
    for (std::size_t column = 0; column < columns; ++column) {
        std::size_t first = track.inForce(edge(column), next);
        // Of several moments at the edge, the last is what lasts.
        while (first + 1 < track.count() &&
               static_cast<double>(track.timeOf(first + 1)) <= edge(column))
            ++first;
        next = column + 1 == columns ? track.count() : track.firstFrom(edge(column + 1), next);
        series.columns.push_back(track.heldAt(track.mostOf(first, std::max(next, first + 1))));
    }
    return series;
}

std::vector<MemoryCategory> heldCategories(const MemorySeries& series) {
    std::vector<MemoryCategory> held;
    for (const MemoryCategory category : memoryStack()) {
        const auto has = [category](const BytesByCategory& bytes) {
            return bytes[static_cast<std::size_t>(category)] > 0;
        };
        if (std::ranges::any_of(series.columns, has)) held.push_back(category);
    }
    return held;
}

}  // namespace ringscope
