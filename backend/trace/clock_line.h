// From a rank's clock to the reference clock, offset and drift, by comparisons before and after the
// recorded steps.
//
// A clock that is off by d at one moment and by e at a later one is off by what lies on the line
// between them in between. A comparison is known to within its error, so on the line between two
// the truth is within the larger of their errors; outside of them the doubt grows.
//
//   the best of the first half of the comparisons     the best of the second half
//              o------------- recorded steps -------------o
#pragma once

#include "backend/trace/rank_trace.h"

#include <cstdint>
#include <vector>

namespace ringscope {

class ClockLine {
public:
    // No samples: the clock is the reference clock. One: no drift is known.
    explicit ClockLine(std::vector<ClockSample> samples);

    bool isReference() const { return !known_; }
    // Never before the reference clock's zero.
    std::int64_t toReference(std::int64_t local) const;
    // Where the clock is read between the two moments, the truth is within +- this.
    std::int64_t error(std::int64_t from, std::int64_t to) const;
    // Nanoseconds a second that this clock loses against the reference.
    double drift() const;

private:
    bool known_ = false;
    ClockSample first_;
    ClockSample last_;  // the same where there is one
};

}  // namespace ringscope
