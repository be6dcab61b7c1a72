#include "backend/analysis/rendezvous.h"

#include "backend/trace/message_key.h"

#include <algorithm>
#include <cstddef>
#include <map>

namespace ringscope {
namespace {

struct Ends {
    MessageMeeting meeting;
    int count = 0;
};

// How many ranks take part in what, where some of them are not in the trace. Where all are, those
// that are found are all there are.
class Parties {
public:
    explicit Parties(const Trace& trace) {
        for (const RankTrace& rank : trace.ranks) {
            world_ = std::max(world_, rank.origin.world);
            for (const TraceGroup& group : rank.origin.groups)
                groups_[group.first] = std::max(groups_[group.first], group.count);
        }
        complete_ = std::ssize(trace.ranks) >= world_;
    }

    bool allThere(const Span& span, int found) const {
        if (isMessage(span.operation())) return found >= 2;
        if (span.peer() < 0) return found >= (complete_ ? std::min(2, world_) : world_);
        if (complete_) return found >= 2;
        const auto group = groups_.find(span.peer());
        return group != groups_.end() && found >= group->second;
    }

private:
    int world_ = 1;
    bool complete_ = false;
    std::map<int, int> groups_;  // by their first rank
};

}  // namespace

std::vector<std::vector<MessageMeeting>> matchMessages(const Trace& trace) {
    std::map<MessageKey, Ends> meetings;
    const auto forEachTransfer = [&](const auto& visit) {
        for (std::size_t r = 0; r < trace.ranks.size(); ++r)
            for (std::size_t i = 0; i < trace.ranks[r].spans.size(); ++i)
                if (const Span& span = trace.ranks[r].spans[i]; span.kind() == SpanKind::Transfer)
                    visit(r, i, span, messageKey(trace.ranks[r].origin.rank, span));
    };
    forEachTransfer([&](std::size_t r, std::size_t, const Span& span, const MessageKey& key) {
        Ends& ends = meetings[key];
        ++ends.count;
        if (ends.count == 1 || span.begin() > ends.meeting.moving)
            ends.meeting = {span.begin(), trace.ranks[r].origin.rank};
    });

    const Parties parties(trace);
    std::vector<std::vector<MessageMeeting>> matched(trace.ranks.size());
    for (std::size_t r = 0; r < trace.ranks.size(); ++r)
        matched[r].resize(trace.ranks[r].spans.size());
    forEachTransfer([&](std::size_t r, std::size_t i, const Span& span, const MessageKey& key) {
        const Ends& ends = meetings.at(key);
        if (!parties.allThere(span, ends.count)) {
            matched[r][i] = {span.begin(), -1};
            return;
        }
        // A send may be complete before its receiver came: then all of it was waiting.
        matched[r][i] = {std::min(ends.meeting.moving, span.end()), ends.meeting.latest};
    });
    return matched;
}

}  // namespace ringscope
