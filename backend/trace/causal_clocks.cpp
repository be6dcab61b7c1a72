#include "backend/trace/causal_clocks.h"

#include "backend/trace/clock_line.h"
#include "backend/trace/message_key.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

namespace ringscope {
namespace {

// What clocks of two machines gain on each other: less than 100 µs a second, or a little more.
constexpr double mostDrift = 1.1e-4;
constexpr std::int64_t noTime = std::numeric_limits<std::int64_t>::max();

bool waitsForAll(Operation operation) {
    return operation == Operation::AllGather || operation == Operation::AllReduce ||
           operation == Operation::AllToAll || operation == Operation::Dispatch ||
           operation == Operation::Combine || operation == Operation::ReduceScatter ||
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

// What is to be added to times of the other clock, as a straight line over the recorded steps: its
// values at their begin and at their end. All lines that are possible form a polygon.
class PossibleLines {
public:
    // Both values are within +- this.
    explicit PossibleLines(double most)
        : corners_{{-most, -most}, {most, -most}, {most, most}, {-most, most}} {}

    // The value at `place` (0: the begin, 1: the end) is at most, or at least, this.
    void atMost(double place, double value) { cut(1 - place, place, value); }
    void atLeast(double place, double value) { cut(place - 1, -place, -value); }

    // By how much the end's value is larger than the begin's.
    void growsBetween(double least, double most) {
        cut(-1, 1, most);
        cut(1, -1, -least);
    }

    bool none() const { return corners_.empty(); }
    // Of the begin and of the end: the least and the most.
    std::pair<double, double> range(int which) const {
        double least = std::numeric_limits<double>::max();
        double most = std::numeric_limits<double>::lowest();
        for (const std::array<double, 2>& corner : corners_) {
            least = std::min(least, corner[static_cast<std::size_t>(which)]);
            most = std::max(most, corner[static_cast<std::size_t>(which)]);
        }
        return {least, most};
    }

private:
    // Keeps what has a * begin + b * end <= c.
    void cut(double a, double b, double c) {
        const auto beyond = [=](const std::array<double, 2>& corner) {
            return a * corner[0] + b * corner[1] - c;
        };
        if (std::ranges::none_of(corners_, [&](const auto& corner) { return beyond(corner) > 0; }))
            return;
        std::vector<std::array<double, 2>> kept;
        for (std::size_t i = 0; i < corners_.size(); ++i) {
            const std::array<double, 2>& here = corners_[i];
            const std::array<double, 2>& next = corners_[(i + 1) % corners_.size()];
            const double from = beyond(here);
            const double to = beyond(next);
            if (from <= 0) kept.push_back(here);
            if ((from < 0 && to > 0) || (from > 0 && to < 0)) {
                const double part = from / (from - to);
                kept.push_back(
                    {here[0] + part * (next[0] - here[0]), here[1] + part * (next[1] - here[1])});
            }
        }
        corners_ = std::move(kept);
    }

    std::vector<std::array<double, 2>> corners_;
};

class ComparedHost {
public:
    explicit ComparedHost(std::vector<ClockSample> samples)
        : samples_(std::move(samples)), line_(samples_) {}

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
        if (first_ >= last_) return;
        const std::int64_t error = line_.error(first_, last_);
        const std::int64_t begin = line_.toReference(first_);
        const auto length = static_cast<double>(line_.toReference(last_) - begin);
        if (length <= 0) return;
        const auto placeOf = [&](std::int64_t time) {
            return static_cast<double>(time - begin) / length;
        };
        PossibleLines lines(static_cast<double>(error));
        for (const ClockSample& sample : line_.ends()) {
            const double place = placeOf(line_.toReference(sample.local));
            lines.atMost(place, static_cast<double>(sample.error));
            lines.atLeast(place, -static_cast<double>(sample.error));
        }
        const double drift = line_.drift() / 1e9;
        lines.growsBetween((-mostDrift - drift) * length, (mostDrift - drift) * length);
        for (const auto& [key, sides] : meetings_) {
            if (sides.other.lastGave >= 0 && sides.reference.firstHad != noTime)
                lines.atMost(placeOf(sides.other.lastGave),
                             static_cast<double>(sides.reference.firstHad - sides.other.lastGave));
            if (sides.reference.lastGave >= 0 && sides.other.firstHad != noTime)
                lines.atLeast(placeOf(sides.other.firstHad),
                              static_cast<double>(sides.reference.lastGave - sides.other.firstHad));
            if (lines.none()) return;
        }
        std::vector<ClockSample> narrowed;
        for (const int which : {0, 1}) {
            const auto [least, most] = lines.range(which);
            const std::int64_t local = which == 0 ? first_ : last_;
            narrowed.push_back(
                {.local = local,
                 .reference = line_.toReference(local) + std::llround((least + most) / 2),
                 .error = static_cast<std::int64_t>(std::ceil((most - least) / 2)) + 1});
        }
        if (std::max(narrowed[0].error, narrowed[1].error) >= error) return;
        for (RankTrace* rank : ranks_) rank->clock = narrowed;
    }

private:
    std::vector<ClockSample> samples_;
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
            hosts.emplace_back(rank.clock, ComparedHost(rank.clock));
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
