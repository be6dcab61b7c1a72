#include "backend/analysis/attention_slowdown.h"

#include "backend/analysis/intervals.h"
#include "backend/analysis/window.h"

#include <map>
#include <utility>

namespace ringscope {
namespace {

struct Blocks {
    std::int64_t count = 0;
    double time = 0;
    void add(const Span& span) {
        ++count;
        time += static_cast<double>(span.duration());
    }
    double mean() const { return time / static_cast<double>(count); }
};

// Messages that moved for certain, or also those of which it is not known when they did.
IntervalSet movingOf(const RankTrace& rank, const std::vector<MessageMeeting>& meetings,
                     bool certain) {
    std::vector<Interval> moving;
    for (std::size_t i = 0; i < rank.spans.size(); ++i)
        if (rank.spans[i].kind() == SpanKind::Transfer && (meetings[i].known() || !certain))
            moving.push_back({meetings[i].moving, rank.spans[i].end()});
    return unionOf(std::move(moving));
}

}  // namespace

std::optional<AttentionSlowdown> attentionSlowdown(const Trace& trace,
                                                   const TrustedMeetings& trusted) {
    if (!trusted.clock.splits) return std::nullopt;
    AttentionSlowdown slowdown;
    double weighted = 0;
    for (std::size_t r = 0; r < trace.ranks.size(); ++r) {
        const MeasuredSet moving(movingOf(trace.ranks[r], trusted.meetings[r], true));
        const MeasuredSet maybeMoving(movingOf(trace.ranks[r], trusted.meetings[r], false));
        std::map<std::pair<SpanPass, int>, std::pair<Blocks, Blocks>> places;  // beside, alone
        for (const Span& span : trace.ranks[r].spans) {
            if (span.kind() != SpanKind::Attention || span.ringStep() < 0 || span.duration() == 0)
                continue;
            const Interval block{span.begin(), span.end()};
            auto& [beside, alone] = places[{span.pass(), span.ringStep()}];
            if (2 * moving.within(block) >= span.duration()) beside.add(span);
            if (20 * maybeMoving.within(block) <= span.duration()) alone.add(span);
        }
        for (const auto& [place, blocks] : places) {
            const auto& [beside, alone] = blocks;
            if (beside.count == 0 || alone.count == 0) continue;
            slowdown.beside += beside.count;
            slowdown.alone += alone.count;
            weighted +=
                static_cast<double>(beside.count) * (beside.mean() / alone.mean() - 1) * 100;
        }
    }
    if (slowdown.beside == 0) return std::nullopt;
    slowdown.percent = weighted / static_cast<double>(slowdown.beside);
    return slowdown;
}

}  // namespace ringscope
