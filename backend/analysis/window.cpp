#include "backend/analysis/window.h"

#include "backend/analysis/step_parts.h"

#include <algorithm>
#include <limits>

namespace ringscope {

MeasuredSet::MeasuredSet(IntervalSet set) : set_(std::move(set)) {
    sums_.reserve(set_.size() + 1);
    sums_.push_back(0);
    for (const Interval& interval : set_)
        sums_.push_back(sums_.back() + interval.end - interval.begin);
}

std::int64_t MeasuredSet::before(std::int64_t time) const {
    const auto next = std::ranges::upper_bound(set_, time, {}, &Interval::begin);
    const auto index = static_cast<std::size_t>(next - set_.begin());
    if (index == 0) return 0;
    const Interval& last = set_[index - 1];
    return sums_[index - 1] + std::min(time, last.end) - last.begin;
}

std::int64_t MeasuredSet::within(const Interval& window) const {
    return window.begin < window.end ? before(window.end) - before(window.begin) : 0;
}

MeasuredPile::MeasuredPile(const std::vector<Interval>& intervals) {
    for (const Interval& interval : intervals) {
        begins_.at.push_back(interval.begin);
        ends_.at.push_back(interval.end);
    }
    for (Moments* moments : {&begins_, &ends_}) {
        std::ranges::sort(moments->at);
        moments->sums.push_back(0);
        for (std::int64_t moment : moments->at)
            moments->sums.push_back(moments->sums.back() + moment - moments->at.front());
    }
}

// The sum of (time - moment) over the moments that have passed.
std::int64_t MeasuredPile::Moments::sinceThem(std::int64_t time) const {
    const auto passed = std::ranges::upper_bound(at, time) - at.begin();
    if (passed == 0) return 0;
    return passed * (time - at.front()) - sums[static_cast<std::size_t>(passed)];
}

// Until a moment, an interval has lasted for as long as since its begin, less since its end.
std::int64_t MeasuredPile::within(const Interval& window) const {
    if (window.begin >= window.end) return 0;
    const auto until = [this](std::int64_t time) {
        return begins_.sinceThem(time) - ends_.sinceThem(time);
    };
    return until(window.end) - until(window.begin);
}

WindowIndex::WindowIndex(const Trace& trace,
                         const std::vector<std::vector<MessageMeeting>>& meetings)
    : begin_(trace.begin) {
    std::map<int, std::vector<Interval>> caused;
    for (const RankTrace& rank : trace.ranks) caused[rank.origin.rank];
    for (std::size_t r = 0; r < trace.ranks.size(); ++r) {
        RankSets sets = rankSets(trace.ranks[r], meetings[r]);
        CommunicationSets& comm = sets.communication;
        for (const BlamedWait& blamed : blamedWaits(trace.ranks[r], meetings[r], comm.wait))
            caused[blamed.rank].push_back(blamed.when);
        Rank& rank = ranks_.emplace_back();
        rank.rank = sets.rank;
        rank.steps = MeasuredSet(std::move(sets.steps));
        rank.attention = MeasuredSet(std::move(sets.attention));
        rank.compute = MeasuredSet(std::move(sets.compute));
        rank.copies = MeasuredSet(std::move(sets.copies));
        rank.copiesExposed = MeasuredSet(std::move(sets.copiesExposed));
        rank.idle = MeasuredSet(std::move(sets.idle));
        rank.comm = MeasuredSet(std::move(comm.comm));
        rank.hidden = MeasuredSet(std::move(comm.hidden));
        rank.exposed = MeasuredSet(std::move(comm.exposed));
        rank.wait = MeasuredSet(std::move(comm.wait));
        rank.hiddenWait = MeasuredSet(std::move(comm.hiddenWait));
        rank.moving = MeasuredSet(std::move(comm.moving));
        rank.unpaired = MeasuredSet(std::move(comm.unpaired));
        for (std::size_t i = 0; i < meetings[r].size(); ++i) {
            const Span& span = trace.ranks[r].spans[i];
            if (span.kind() != SpanKind::Transfer) continue;
            if (span.operation() != Operation::Receive)
                rank.sent.emplace_back(span.end(), span.bytes());
        }
        std::ranges::sort(rank.sent);
        std::int64_t bytes = 0;
        for (auto& [at, sum] : rank.sent) sum = bytes += sum;
    }
    for (const auto& [rank, waits] : caused) caused_.emplace(rank, MeasuredPile(waits));
}

std::int64_t WindowIndex::Rank::bytesUntil(std::int64_t time) const {
    const auto next = std::ranges::upper_bound(
        sent, time, {}, [](const std::pair<std::int64_t, std::int64_t>& s) { return s.first; });
    return next == sent.begin() ? 0 : std::prev(next)->second;
}

WindowFigures WindowIndex::figures(Interval window) const {
    // Nothing is left out that was complete the moment the trace begins.
    const std::int64_t from =
        window.begin <= begin_ ? std::numeric_limits<std::int64_t>::min() : window.begin;
    WindowFigures figures{.window = window, .ranks = {}, .blame = {}};
    for (const Rank& rank : ranks_) {
        const CommunicationFigures communication{
            .comm = rank.comm.within(window),
            .hidden = rank.hidden.within(window),
            .exposed = rank.exposed.within(window),
            .wait = rank.wait.within(window),
            .hiddenWait = rank.hiddenWait.within(window),
            .transfer = rank.moving.within(window),
            .unpaired = rank.unpaired.within(window),
            .bytes = window.begin <= window.end
                         ? rank.bytesUntil(window.end) - rank.bytesUntil(from)
                         : 0};
        figures.ranks.push_back({.rank = rank.rank,
                                 .span = rank.steps.within(window),
                                 .attention = rank.attention.within(window),
                                 .compute = rank.compute.within(window),
                                 .copies = rank.copies.within(window),
                                 .copiesExposed = rank.copiesExposed.within(window),
                                 .idle = rank.idle.within(window),
                                 .communication = communication});
    }
    for (const auto& [rank, waits] : caused_) figures.blame.push_back({rank, waits.within(window)});
    return figures;
}

}  // namespace ringscope
