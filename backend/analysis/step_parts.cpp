#include "backend/analysis/step_parts.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <tuple>
#include <utility>

namespace ringscope {
namespace {

struct Wait {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    int rank = -1;
};

std::vector<Wait> waitsOf(const RankTrace& rank, const std::vector<MessageMeeting>& meetings) {
    std::vector<Wait> waits;
    for (std::size_t i = 0; i < rank.spans.size(); ++i) {
        const Span& span = rank.spans[i];
        if (span.kind() != SpanKind::Transfer || meetings[i].latest < 0 ||
            meetings[i].latest == rank.origin.rank || span.begin() >= meetings[i].moving)
            continue;
        waits.push_back({span.begin(), meetings[i].moving, meetings[i].latest});
    }
    std::ranges::sort(waits, {}, &Wait::begin);
    return waits;
}

// At each moment the wait that ends last: until then nothing else would have helped.
std::vector<BlamedWait> lastOnes(const std::vector<Wait>& waits) {
    std::vector<BlamedWait> pieces;
    std::priority_queue<std::pair<std::int64_t, int>> open;  // end, rank
    std::int64_t now = std::numeric_limits<std::int64_t>::min();
    const auto advance = [&](std::int64_t to) {
        while (!open.empty() && now < to) {
            const auto [end, rank] = open.top();
            if (end <= now) {
                open.pop();
                continue;
            }
            const Interval piece{now, std::min(end, to)};
            if (!pieces.empty() && pieces.back().rank == rank &&
                pieces.back().when.end == piece.begin) {
                pieces.back().when.end = piece.end;
            } else {
                pieces.push_back({piece, rank});
            }
            now = piece.end;
        }
        now = std::max(now, to);
    };
    for (const Wait& wait : waits) {
        advance(wait.begin);
        open.emplace(wait.end, wait.rank);
    }
    advance(std::numeric_limits<std::int64_t>::max());
    return pieces;
}

// One layer's attention of one pass of one step.
struct Occurrence {
    Interval extent{std::numeric_limits<std::int64_t>::max(),
                    std::numeric_limits<std::int64_t>::min()};
    std::int64_t lastBlockEnd = std::numeric_limits<std::int64_t>::min();
};

struct Extents {
    IntervalSet untilLastBlock;
    IntervalSet afterwards;
};

Extents extentsOf(const RankTrace& rank) {
    std::map<std::tuple<int, int, SpanPass>, Occurrence> occurrences;
    for (const Span& span : rank.spans) {
        const bool attends = span.kind() == SpanKind::Attention;
        if (span.ringStep() < 0 || (!attends && span.kind() != SpanKind::Transfer)) continue;
        Occurrence& at = occurrences[{span.step(), span.layer(), span.pass()}];
        at.extent.begin = std::min(at.extent.begin, span.begin());
        at.extent.end = std::max(at.extent.end, span.end());
        if (attends) at.lastBlockEnd = std::max(at.lastBlockEnd, span.end());
    }
    std::vector<Interval> until;
    std::vector<Interval> after;
    for (const auto& [place, at] : occurrences) {
        until.push_back({at.extent.begin, at.lastBlockEnd});
        after.push_back({std::max(at.extent.begin, at.lastBlockEnd), at.extent.end});
    }
    Extents extents{unionOf(std::move(until)), {}};
    extents.afterwards = differenceOf(unionOf(std::move(after)), extents.untilLastBlock);
    return extents;
}

}  // namespace

std::vector<BlamedWait> blamedWaits(const RankTrace& rank,
                                    const std::vector<MessageMeeting>& meetings,
                                    const IntervalSet& exposedWait) {
    const std::vector<BlamedWait> all = lastOnes(waitsOf(rank, meetings));
    std::vector<BlamedWait> exposed;
    for (std::size_t i = 0, j = 0; i < all.size() && j < exposedWait.size();) {
        const Interval common{std::max(all[i].when.begin, exposedWait[j].begin),
                              std::min(all[i].when.end, exposedWait[j].end)};
        if (common.begin < common.end) exposed.push_back({common, all[i].rank});
        if (all[i].when.end < exposedWait[j].end) {
            ++i;
        } else {
            ++j;
        }
    }
    return exposed;
}

std::int64_t StepParts::waitingForAll() const {
    std::int64_t all = 0;
    for (const auto& [rank, time] : waiting) all += time;
    return all;
}

std::int64_t StepParts::sum() const {
    return attention + compute + waitingForAll() + transfer + copies + launchGap + tail + idle;
}

StepParts stepParts(const RankTrace& rank, const std::vector<MessageMeeting>& meetings,
                    const RankSets& sets) {
    const auto inSteps = [&](const IntervalSet& set) {
        return lengthOf(intersectionOf(set, sets.steps));
    };
    StepParts parts;
    parts.rank = sets.rank;
    parts.steps = lengthOf(sets.steps);
    parts.attention = inSteps(intersectionOf(sets.attention, sets.compute));
    parts.compute = inSteps(sets.compute) - parts.attention;
    const IntervalSet exposedWait = intersectionOf(sets.communication.wait, sets.steps);
    for (const BlamedWait& wait : blamedWaits(rank, meetings, exposedWait))
        parts.waiting[wait.rank] += wait.when.end - wait.when.begin;
    parts.transfer = inSteps(sets.communication.exposed) - parts.waitingForAll();
    parts.copies = inSteps(sets.copiesExposed);
    const Extents extents = extentsOf(rank);
    parts.launchGap = lengthOf(intersectionOf(sets.idle, extents.untilLastBlock));
    parts.tail = lengthOf(intersectionOf(sets.idle, extents.afterwards));
    parts.idle = lengthOf(sets.idle) - parts.launchGap - parts.tail;
    return parts;
}

}  // namespace ringscope
