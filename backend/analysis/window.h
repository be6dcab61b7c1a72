// The figures of any window of a trace. Built once; a question is then answered fast enough for
// every movement of a mouse.
//
// A window's figure is the length of the figure's set of time inside it, so the figures of
// neighbouring windows add up, and those of the whole trace are what analyze() says. A message's
// bytes count where it was complete. The cost of an answer grows with the logarithm of the spans.
#pragma once

#include "backend/analysis/findings.h"
#include "backend/analysis/rank_sets.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace ringscope {

// A set of time that knows how much of it lies before any moment.
class MeasuredSet {
public:
    MeasuredSet() = default;
    explicit MeasuredSet(IntervalSet set);
    std::int64_t within(const Interval& window) const;

private:
    std::int64_t before(std::int64_t time) const;
    IntervalSet set_;
    std::vector<std::int64_t> sums_;  // length of the intervals before each
};

// The same of intervals that overlap: each counts for itself.
class MeasuredPile {
public:
    MeasuredPile() = default;
    explicit MeasuredPile(const std::vector<Interval>& intervals);
    std::int64_t within(const Interval& window) const;

private:
    struct Moments {
        std::vector<std::int64_t> at;    // ascending
        std::vector<std::int64_t> sums;  // of those before each, counted from the first
        std::int64_t sinceThem(std::int64_t time) const;
    };
    Moments begins_;
    Moments ends_;
};

struct WindowFigures {
    Interval window;
    std::vector<RankFigures> ranks;
    std::vector<Blame> blame;  // by rank
};

class WindowIndex {
public:
    WindowIndex() = default;
    WindowIndex(const Trace& trace, const std::vector<std::vector<MessageMeeting>>& meetings);
    WindowFigures figures(Interval window) const;

private:
    struct Rank {
        int rank = 0;
        MeasuredSet steps, attention, compute, copies, copiesExposed, idle;
        MeasuredSet comm, hidden, exposed, wait, hiddenWait, moving, unpaired;
        std::vector<std::pair<std::int64_t, std::int64_t>> sent;  // complete at, bytes until then
        std::int64_t bytesUntil(std::int64_t time) const;
    };
    std::int64_t begin_ = 0;
    std::vector<Rank> ranks_;
    std::map<int, MeasuredPile> caused_;
};

}  // namespace ringscope
