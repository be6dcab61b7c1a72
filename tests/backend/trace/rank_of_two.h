// One of two ranks with these spans, as its trace file is read.
#pragma once

#include "backend/trace/rank_trace.h"

#include <utility>
#include <vector>

namespace ringscope::test {

inline RankTrace rankOfTwo(int number, std::vector<Span> spans,
                           std::vector<ClockSample> clock = {}) {
    RankTrace trace;
    trace.origin.rank = number;
    trace.origin.world = 2;
    trace.spans = std::move(spans);
    trace.clock = std::move(clock);
    trace.complete = true;
    return trace;
}

}  // namespace ringscope::test
