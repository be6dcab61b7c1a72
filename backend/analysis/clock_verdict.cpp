#include "backend/analysis/clock_verdict.h"

#include "backend/core/units.h"
#include "backend/trace/message_key.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <utility>

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

// A message cannot have arrived before it was sent. By how much the stamps say it did, at the
// worst: between two ranks of one clock only a stamp that was taken late can
// say so, and between two clocks also a wrong comparison.
struct Contradictions {
    std::int64_t onOneClock = 0;
    std::int64_t acrossClocks = 0;
};

Contradictions contradictions(const Trace& trace) {
    std::map<MessageKey, std::pair<const RankTrace*, std::int64_t>> sent;
    for (const RankTrace& rank : trace.ranks)
        for (const Span& span : rank.spans)
            if (span.kind() == SpanKind::Transfer && span.operation() == Operation::Send)
                sent.try_emplace(messageKey(rank.origin.rank, span), &rank, span.begin());
    Contradictions worst;
    for (const RankTrace& rank : trace.ranks)
        for (const Span& span : rank.spans) {
            if (span.kind() != SpanKind::Transfer || span.operation() != Operation::Receive)
                continue;
            const auto found = sent.find(messageKey(rank.origin.rank, span));
            if (found == sent.end()) continue;
            const auto& [sender, begun] = found->second;
            std::int64_t& of = sender->clock == rank.clock ? worst.onOneClock : worst.acrossClocks;
            of = std::max(of, begun - span.end());
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
    const Contradictions found = contradictions(trace);
    verdict.contradiction = found.acrossClocks;
    verdict.lateStamp = found.onOneClock;
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
    // A stamp that is late on one clock is as late on two.
    if (compared && verdict.contradiction > trace.clockErrorNs + verdict.lateStamp) {
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
    if (verdict.lateStamp > 0)
        verdict.sentence += fmt::format("; under load a send was stamped up to {} late",
                                        duration(verdict.lateStamp));
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
