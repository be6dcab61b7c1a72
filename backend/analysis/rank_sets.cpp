#include "backend/analysis/rank_sets.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ringscope {
namespace {

bool copiesMemory(const Span& span) {
    return span.kind() == SpanKind::Copy &&
           (span.operation() == Operation::MemoryCopy || span.operation() == Operation::MemorySet);
}

bool computes(const Span& span) {
    return span.kind() == SpanKind::Attention || span.kind() == SpanKind::Compute ||
           (span.kind() == SpanKind::Copy && !copiesMemory(span));
}

// Other tools' steps are the host's, and a GPU lags behind it: what is looked at is all that the
// GPU did.
std::vector<Interval> extentOfGpu(const RankTrace& rank) {
    Interval extent{std::numeric_limits<std::int64_t>::max(), 0};
    for (const GpuStream& stream : rank.gpu)
        for (const Span& span : stream.spans) {
            extent.begin = std::min(extent.begin, span.begin());
            extent.end = std::max(extent.end, span.end());
        }
    return {extent};
}

}  // namespace

void TransferTimes::add(const Span& span, const MessageMeeting& meeting) {
    posted.push_back({span.begin(), span.end()});
    if (meeting.known())
        moving.push_back({meeting.moving, span.end()});
    else
        unpaired.push_back({span.begin(), span.end()});
    if (span.operation() != Operation::Receive) bytes += span.bytes();
}

CommunicationSets communicationSets(TransferTimes times, const IntervalSet& compute) {
    CommunicationSets sets;
    sets.comm = unionOf(std::move(times.posted));
    sets.moving = unionOf(std::move(times.moving));
    sets.unpaired = differenceOf(unionOf(std::move(times.unpaired)), sets.moving);
    const IntervalSet anyWait = differenceOf(differenceOf(sets.comm, sets.moving), sets.unpaired);
    sets.hidden = intersectionOf(sets.comm, compute);
    sets.exposed = differenceOf(sets.comm, compute);
    sets.wait = differenceOf(anyWait, compute);
    sets.hiddenWait = intersectionOf(anyWait, compute);
    return sets;
}

RankSets rankSets(const RankTrace& rank, const std::vector<MessageMeeting>& meetings) {
    std::vector<Interval> steps;
    std::vector<Interval> attention;
    std::vector<Interval> compute;
    std::vector<Interval> copies;
    std::vector<Interval> waiting;
    TransferTimes transfers;
    for (std::size_t i = 0; i < rank.spans.size(); ++i) {
        const Span& span = rank.spans[i];
        const Interval interval{span.begin(), span.end()};
        if (span.kind() == SpanKind::Step) steps.push_back(interval);
        if (span.kind() == SpanKind::Attention) attention.push_back(interval);
        if (computes(span)) compute.push_back(interval);
        if (copiesMemory(span)) copies.push_back(interval);
        if (span.kind() == SpanKind::Wait) waiting.push_back(interval);
        if (span.kind() == SpanKind::Transfer) transfers.add(span, meetings[i]);
    }
    RankSets sets;
    sets.rank = rank.origin.rank;
    sets.bytes = transfers.bytes;
    if (!rank.origin.source.empty() && !rank.gpu.empty()) steps = extentOfGpu(rank);
    sets.steps = unionOf(std::move(steps));
    sets.attention = unionOf(std::move(attention));
    // A span of computation may hold a wait inside it; then nothing is computed.
    sets.compute = differenceOf(unionOf(std::move(compute)), unionOf(std::move(waiting)));
    sets.communication = communicationSets(std::move(transfers), sets.compute);
    const IntervalSet busy = unionOf(sets.compute, sets.communication.comm);
    sets.copies = unionOf(std::move(copies));
    sets.copiesExposed = differenceOf(sets.copies, busy);
    sets.idle = differenceOf(differenceOf(sets.steps, busy), sets.copiesExposed);
    return sets;
}

}  // namespace ringscope
