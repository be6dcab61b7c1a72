#include "backend/analysis/rank_sets.h"

#include <utility>

namespace ringscope {
namespace {

bool computes(SpanKind kind) {
    return kind == SpanKind::Attention || kind == SpanKind::Compute || kind == SpanKind::Copy;
}

}  // namespace

void TransferTimes::add(const Span& span, const MessageMeeting& meeting) {
    posted.push_back({span.begin(), span.end()});
    moving.push_back({meeting.moving, span.end()});
    if (span.operation() != Operation::Receive) bytes += span.bytes();
}

CommunicationSets communicationSets(TransferTimes times, const IntervalSet& compute) {
    CommunicationSets sets;
    sets.comm = unionOf(std::move(times.posted));
    sets.moving = unionOf(std::move(times.moving));
    sets.waiting = differenceOf(sets.comm, sets.moving);
    sets.hidden = intersectionOf(sets.comm, compute);
    sets.exposed = differenceOf(sets.comm, compute);
    sets.waitExposed = differenceOf(sets.waiting, compute);
    return sets;
}

RankSets rankSets(const RankTrace& rank, const std::vector<MessageMeeting>& meetings) {
    std::vector<Interval> steps;
    std::vector<Interval> attention;
    std::vector<Interval> compute;
    std::vector<Interval> waiting;
    TransferTimes transfers;
    for (std::size_t i = 0; i < rank.spans.size(); ++i) {
        const Span& span = rank.spans[i];
        const Interval interval{span.begin(), span.end()};
        if (span.kind() == SpanKind::Step) steps.push_back(interval);
        if (span.kind() == SpanKind::Attention) attention.push_back(interval);
        if (computes(span.kind())) compute.push_back(interval);
        if (span.kind() == SpanKind::Wait) waiting.push_back(interval);
        if (span.kind() == SpanKind::Transfer) transfers.add(span, meetings[i]);
    }
    RankSets sets;
    sets.rank = rank.origin.rank;
    sets.bytes = transfers.bytes;
    sets.steps = unionOf(std::move(steps));
    sets.attention = unionOf(std::move(attention));
    // A span of computation may hold a wait inside it; then nothing is computed.
    sets.compute = differenceOf(unionOf(std::move(compute)), unionOf(std::move(waiting)));
    sets.communication = communicationSets(std::move(transfers), sets.compute);
    sets.idle = differenceOf(differenceOf(sets.steps, sets.compute), sets.communication.comm);
    return sets;
}

}  // namespace ringscope
