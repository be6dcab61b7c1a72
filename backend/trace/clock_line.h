// From a rank's clock to the reference clock, offset and drift, by comparisons before and after the
// recorded steps.
//
// The offset between two comparisons is taken from the straight line through them. Each comparison
// is known to within its error, so between the two the offset is known to within the larger of
// their errors; before and after them the uncertainty grows.
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
    // A time of this clock between the two moments is converted to within +- this.
    std::int64_t error(std::int64_t from, std::int64_t to) const;
    // The comparisons that the line goes through: one or two; none of the reference clock.
    std::vector<ClockSample> ends() const;
    // Nanoseconds a second that this clock loses against the reference.
    double drift() const;

private:
    bool known_ = false;
    ClockSample first_;
    ClockSample last_;  // the same where there is one
};

}  // namespace ringscope
