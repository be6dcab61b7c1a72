#include "backend/analysis/intervals.h"

#include <algorithm>

namespace ringscope {

IntervalSet unionOf(std::vector<Interval> intervals) {
    std::erase_if(intervals, [](const Interval& i) { return i.begin >= i.end; });
    std::ranges::sort(intervals, {}, &Interval::begin);
    IntervalSet merged;
    for (const Interval& interval : intervals) {
        if (!merged.empty() && interval.begin <= merged.back().end) {
            merged.back().end = std::max(merged.back().end, interval.end);
        } else {
            merged.push_back(interval);
        }
    }
    return merged;
}

IntervalSet unionOf(const IntervalSet& a, const IntervalSet& b) {
    std::vector<Interval> all = a;
    all.insert(all.end(), b.begin(), b.end());
    return unionOf(std::move(all));
}

IntervalSet intersectionOf(const IntervalSet& a, const IntervalSet& b) {
    IntervalSet both;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        const std::int64_t begin = std::max(a[i].begin, b[j].begin);
        const std::int64_t end = std::min(a[i].end, b[j].end);
        if (begin < end) both.push_back({begin, end});
        if (a[i].end < b[j].end) {
            ++i;
        } else {
            ++j;
        }
    }
    return both;
}

IntervalSet differenceOf(const IntervalSet& a, const IntervalSet& b) {
    IntervalSet rest;
    std::size_t j = 0;
    for (const Interval& interval : a) {
        std::int64_t begin = interval.begin;
        while (j < b.size() && b[j].end <= begin) ++j;
        for (std::size_t k = j; k < b.size() && b[k].begin < interval.end; ++k) {
            if (b[k].begin > begin) rest.push_back({begin, b[k].begin});
            begin = std::max(begin, b[k].end);
        }
        if (begin < interval.end) rest.push_back({begin, interval.end});
    }
    return rest;
}

std::int64_t lengthOf(const IntervalSet& set) {
    std::int64_t length = 0;
    for (const Interval& interval : set) length += interval.end - interval.begin;
    return length;
}

}  // namespace ringscope
