// The two time axes of a timeline. They differ by the moment at which the trace began, which only
// OpenedTrace knows: inView() and inTrace() are the only conversions.
//
//   TraceTime   on the trace's clock, as the times of spans, intervals, pieces and moments
//   ViewTime    since the trace began, with fractions, as pixels and ticks need it
//
// Members of backend's types stay plain nanoseconds of the trace's clock.
#pragma once

#include <compare>
#include <cstdint>

namespace ringscope::ui {

struct TraceTime {
    std::int64_t ns = 0;
    auto operator<=>(const TraceTime&) const = default;
};

struct ViewTime {
    double ns = 0;
    auto operator<=>(const ViewTime&) const = default;
};

// What a width of pixels shows, on the trace's clock, with fractions; `from` before `to`.
struct TraceStretch {
    double from = 0;
    double to = 0;
};

}  // namespace ringscope::ui
