#include "backend/analysis/clock_verdict.h"

#include "backend/core/units.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <tuple>

namespace ringscope {
namespace {

// Bytes that moved between ranks: how long, in the median.
std::int64_t medianTransfer(const Trace& trace, const Meetings& meetings) {
    std::vector<std::int64_t> lengths;
    for (std::size_t r = 0; r < trace.ranks.size(); ++r)
        for (std::size_t i = 0; i < meetings[r].size(); ++i) {
            const Span& span = trace.ranks[r].spans[i];
            if (span.kind() == SpanKind::Transfer && meetings[r][i].latest >= 0 &&
                meetings[r][i].moving < span.end())
                lengths.push_back(span.end() - meetings[r][i].moving);
        }
    if (lengths.empty()) return 0;
    const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
    std::ranges::nth_element(lengths, middle);
    return *middle;
}

// A message cannot have arrived before it was sent. Messages between two ranks are told apart as
// matchMessages() does.
std::int64_t worstContradiction(const Trace& trace) {
    using Key = std::tuple<int, int, int, int, int, std::uint32_t, std::int64_t>;
    std::map<Key, std::int64_t> sent;
    const auto keyOf = [](const Span& span, int from, int to) {
        return Key{
            from,           to,          span.step(), span.layer(), static_cast<int>(span.pass()),
            span.message(), span.bytes()};
    };
    for (const RankTrace& rank : trace.ranks)
        for (const Span& span : rank.spans)
            if (span.kind() == SpanKind::Transfer && span.operation() == Operation::Send)
                sent.emplace(keyOf(span, rank.origin.rank, span.peer()), span.begin());
    std::int64_t worst = 0;
    for (const RankTrace& rank : trace.ranks)
        for (const Span& span : rank.spans) {
            if (span.kind() != SpanKind::Transfer || span.operation() != Operation::Receive)
                continue;
            const auto begun = sent.find(keyOf(span, span.peer(), rank.origin.rank));
            if (begun != sent.end()) worst = std::max(worst, begun->second - span.end());
        }
    return worst;
}

bool pairs(const Meetings& meetings) {
    return std::ranges::any_of(meetings, [](const std::vector<MessageMeeting>& of) {
        return std::ranges::any_of(of, [](const MessageMeeting& m) { return m.latest >= 0; });
    });
}

std::string duration(std::int64_t ns) { return formatDuration(Nanos(ns)); }

}  // namespace

ClockVerdict judgeClocks(const Trace& trace, const Meetings& meetings) {
    ClockVerdict verdict;
    verdict.medianTransfer = medianTransfer(trace, meetings);
    verdict.contradiction = worstContradiction(trace);
    const bool foreign = std::ranges::any_of(
        trace.ranks, [](const RankTrace& rank) { return !rank.origin.source.empty(); });
    const bool several = trace.ranks.size() > 1;
    const auto unknown = [&](const RankTrace& rank) {
        return &rank != &trace.ranks.front() && rank.clock.empty();
    };
    if (!several) {
        verdict.splits = !foreign;
        verdict.sentence =
            foreign ? "one rank: whom it waited for is not in this trace" : "one rank, one clock";
        return verdict;
    }
    if (foreign && std::ranges::any_of(trace.ranks, unknown)) {
        verdict.splits = false;
        verdict.sentence =
            "not known: the ranks have too few collectives in common to compare their clocks by; "
            "wait and transfer are not told apart";
        return verdict;
    }
    const bool compared =
        std::ranges::any_of(trace.ranks, [](const RankTrace& rank) { return !rank.clock.empty(); });
    if (compared && verdict.contradiction > trace.clockErrorNs) {
        verdict.splits = false;
        verdict.sentence = fmt::format(
            "wrong: a message arrives {} before it was sent, by clocks that should agree within "
            "{}; wait and transfer are not told apart",
            duration(verdict.contradiction), duration(trace.clockErrorNs));
        return verdict;
    }
    if (trace.clockErrorNs > 0 && pairs(meetings) &&
        trace.clockErrorNs > verdict.medianTransfer / 10) {
        verdict.splits = false;
        verdict.sentence = fmt::format(
            "too far apart: they agree within {}, more than a tenth of the median transfer of {}; "
            "wait and transfer are not told apart",
            duration(trace.clockErrorNs), duration(verdict.medianTransfer));
        return verdict;
    }
    verdict.sentence = trace.clockErrorNs == 0 ? "the ranks share one clock"
                                               : fmt::format("the ranks' clocks agree within {}",
                                                             duration(trace.clockErrorNs));
    return verdict;
}

TrustedMeetings trustedMeetings(const Trace& trace) {
    TrustedMeetings trusted;
    trusted.meetings = matchMessages(trace);
    trusted.clock = judgeClocks(trace, trusted.meetings);
    if (trusted.clock.splits) return trusted;
    for (std::size_t r = 0; r < trusted.meetings.size(); ++r)
        for (std::size_t i = 0; i < trusted.meetings[r].size(); ++i)
            if (MessageMeeting& meeting = trusted.meetings[r][i]; meeting.latest >= 0)
                meeting = {trace.ranks[r].spans[i].begin(), trace.ranks[r].origin.rank};
    return trusted;
}

}  // namespace ringscope
