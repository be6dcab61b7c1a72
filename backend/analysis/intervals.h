// Sets of time: the arithmetic every figure of a trace is made of.
//
// A set is sorted, disjoint, and holds no empty interval; touching intervals are one. All integer
// nanoseconds, all linear in the number of intervals after one sort.
#pragma once

#include <cstdint>
#include <vector>

namespace ringscope {

struct Interval {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    bool operator==(const Interval&) const = default;
};

using IntervalSet = std::vector<Interval>;

IntervalSet unionOf(std::vector<Interval> intervals);  // of any order, overlapping or empty
IntervalSet unionOf(const IntervalSet& a, const IntervalSet& b);
IntervalSet intersectionOf(const IntervalSet& a, const IntervalSet& b);
IntervalSet differenceOf(const IntervalSet& a, const IntervalSet& b);
std::int64_t lengthOf(const IntervalSet& set);

}  // namespace ringscope
