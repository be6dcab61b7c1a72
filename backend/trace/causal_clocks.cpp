#include "backend/trace/causal_clocks.h"

#include "backend/trace/clock_line.h"
#include "backend/trace/message_key.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

namespace ringscope {
namespace {

constexpr std::int64_t noTime = std::numeric_limits<std::int64_t>::max();

bool waitsForAll(Operation operation) {
    return operation == Operation::AllGather || operation == Operation::AllReduce ||
           operation == Operation::AllToAll || operation == Operation::ReduceScatter ||
           operation == Operation::Barrier;
}

// Of one message or collective operation, on each of two sides: when the last of its ranks that
// give something began, and when the first that takes something had it.
struct MeetingSide {
    std::int64_t lastGave = -1;
    std::int64_t firstHad = noTime;

    void take(const Span& span) {
        const bool all = waitsForAll(span.operation());
        if (all || span.operation() == Operation::Send) lastGave = std::max(lastGave, span.begin());
        if (all || span.operation() == Operation::Receive)
            firstHad = std::min(firstHad, span.end());
    }
};

struct MeetingSides {
    MeetingSide reference;
    MeetingSide other;
};

template <typename Visit>
void forEachMessage(const RankTrace& rank, const Visit& visit) {
    const auto each = [&](const std::vector<Span>& spans) {
        for (const Span& span : spans)
            if (span.kind() == SpanKind::Transfer) visit(span);
    };
    // The host of a GPU only asks for transfers.
    if (rank.gpu.empty()) return each(rank.spans);
    for (const GpuStream& stream : rank.gpu) each(stream.spans);
}

// What is to be added to times of the other clock lies between the two.
struct ShiftBounds {
    std::int64_t least = -noTime;
    std::int64_t most = noTime;
};

class ComparedHost {
public:
    explicit ComparedHost(ClockLine line) : line_(std::move(line)) {}

    void add(RankTrace& rank) {
        ranks_.push_back(&rank);
        forEachMessage(rank, [&](const Span& span) {
            const std::int64_t begin = line_.toReference(span.begin());
            const std::int64_t end = line_.toReference(span.end());
            first_ = std::min(first_, span.begin());
            last_ = std::max(last_, span.end());
            meetings_[messageKey(rank.origin.rank, span)].other.take(
                span.at(begin, std::max(begin, end)));
        });
    }
    void meet(const RankTrace& reference) {
        forEachMessage(reference, [&](const Span& span) {
            const auto met = meetings_.find(messageKey(reference.origin.rank, span));
            if (met != meetings_.end()) met->second.reference.take(span);
        });
    }

    void narrow() {
        if (first_ > last_) return;
        ShiftBounds bounds;
        for (const auto& [key, sides] : meetings_) {
            if (sides.other.lastGave >= 0 && sides.reference.firstHad != noTime)
                bounds.most =
                    std::min(bounds.most, sides.reference.firstHad - sides.other.lastGave);
            if (sides.reference.lastGave >= 0 && sides.other.firstHad != noTime)
                bounds.least =
                    std::max(bounds.least, sides.reference.lastGave - sides.other.firstHad);
        }
        const std::int64_t error = line_.error(first_, last_);
        const std::int64_t turn = line_.turnBetween(first_, last_);
        const std::int64_t least = std::max(bounds.least, -error);
        const std::int64_t most = std::min(bounds.most, error);
        // The line may turn by this much meanwhile, which one shift cannot follow.
        const std::int64_t half = (most - least + 1) / 2 + turn;
        if (least > most || half >= error) return;
        for (RankTrace* rank : ranks_)
            for (ClockSample& sample : rank->clock) {
                sample.reference += least + (most - least) / 2;
                sample.error = std::min(sample.error, half);
            }
    }

private:
    ClockLine line_;
    std::vector<RankTrace*> ranks_;
    std::map<MessageKey, MeetingSides> meetings_;
    std::int64_t first_ = noTime;
    std::int64_t last_ = -1;
};

}  // namespace

void narrowClocks(std::vector<RankTrace>& ranks) {
    // Whose clocks were compared with the first rank's. Ranks of one host have the same samples.
    std::vector<std::pair<std::vector<ClockSample>, ComparedHost>> hosts;
    for (RankTrace& rank : ranks) {
        if (rank.clock.empty() || !rank.origin.source.empty()) continue;
        auto host = std::ranges::find(hosts, rank.clock, &decltype(hosts)::value_type::first);
        if (host == hosts.end()) {
            hosts.emplace_back(rank.clock, ComparedHost(ClockLine(rank.clock)));
            host = std::prev(hosts.end());
        }
        host->second.add(rank);
    }
    for (auto& [samples, host] : hosts) {
        for (const RankTrace& rank : ranks)
            if (rank.clock.empty()) host.meet(rank);
        host.narrow();
    }
}

}  // namespace ringscope
