// The sets of time of one rank, against asking every nanosecond.
#include "backend/analysis/rank_sets.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <algorithm>

namespace ringscope {
namespace {

bool within(const IntervalSet& set, std::int64_t time) {
    return std::ranges::any_of(
        set, [&](const Interval& one) { return one.begin <= time && time < one.end; });
}

// Transfers of a few nanoseconds, each with a meeting, and what was computed meanwhile.
struct MadeRank {
    TransferTimes times;
    IntervalSet compute;
};

MadeRank madeRank() {
    MadeRank made;
    const auto interval = [](int most) {
        const std::int64_t begin = *rc::gen::inRange(0, 60);
        return Interval{begin, begin + *rc::gen::inRange(0, most)};
    };
    const int transfers = *rc::gen::inRange(0, 6);
    for (int i = 0; i < transfers; ++i) {
        const Interval posted = interval(20);
        const std::int64_t moving = posted.begin + *rc::gen::inRange(0, 25);
        const bool known = *rc::gen::arbitrary<bool>();
        made.times.add(Span(posted.begin, posted.end,
                            {.kind = SpanKind::Transfer, .operation = Operation::Send, .bytes = 1}),
                       {.moving = moving, .latest = known ? 1 : -1});
    }
    std::vector<Interval> computed;
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) computed.push_back(interval(20));
    made.compute = unionOf(computed);
    return made;
}

RC_GTEST_PROP(CommunicationSets, SplitEveryNanosecondOnce, ()) {
    const MadeRank made = madeRank();
    const IntervalSet posted = unionOf(made.times.posted);
    const CommunicationSets sets = communicationSets(made.times, made.compute);
    for (std::int64_t time = 0; time < 120; ++time) {
        const bool communicates = within(posted, time);
        const bool computes = within(made.compute, time);
        RC_ASSERT(within(sets.comm, time) == communicates);
        RC_ASSERT(within(sets.hidden, time) == (communicates && computes));
        RC_ASSERT(within(sets.exposed, time) == (communicates && !computes));
        const bool waits = within(sets.wait, time) || within(sets.hiddenWait, time);
        RC_ASSERT(within(sets.moving, time) + static_cast<int>(waits) +
                      within(sets.unpaired, time) ==
                  static_cast<int>(communicates));
        RC_ASSERT(within(sets.wait, time) == (waits && !computes));
        RC_ASSERT(within(sets.hiddenWait, time) == (waits && computes));
    }
}

}  // namespace
}  // namespace ringscope
