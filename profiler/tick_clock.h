// The processor's time-stamp counter as a cheap clock for spans, and the way back to nanoseconds.
//
// Spans are in nanoseconds of CLOCK_MONOTONIC, and reading that clock twice was two thirds of what
// a span cost. Where the kernel itself keeps it by the counter, a span is stamped with the counter
// alone, and the recorder's writer thread, which reads both every few milliseconds, turns ticks
// into nanoseconds along a TickLine.
//
//   stamp >= 0   nanoseconds       stamp < 0   ticks, with the sign bit as the mark
#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <limits>
#include <string_view>
#include <vector>

namespace ringscope {

// CLOCK_MONOTONIC in nanoseconds: the clock of every span.
inline std::int64_t monotonicNow() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

inline std::uint64_t tickCount() {
#ifdef __x86_64__
    return __builtin_ia32_rdtsc();
#else
    return 0;
#endif
}

// Whether the kernel keeps its clock by the counter, which then is steady at every frequency, in
// every sleep and on every core. First of what the kernel says, then of this machine.
bool kernelCountsTicks(std::string_view clocksource, std::string_view processorFlags);
bool kernelCountsTicks();

inline constexpr std::int64_t tickMark = std::numeric_limits<std::int64_t>::min();
inline bool isTicks(std::int64_t stamp) { return stamp < 0; }
inline std::uint64_t ticksOf(std::int64_t stamp) {
    return static_cast<std::uint64_t>(stamp) & ~static_cast<std::uint64_t>(tickMark);
}

// Now, in ticks. The processor may read the counter a little early or late; within a thread stamps
// nevertheless never go back, so that a span lies inside the one around it.
inline std::int64_t tickStamp() {
    thread_local std::int64_t last = tickMark;
    last = std::max(last, static_cast<std::int64_t>(tickCount()) | tickMark);
    return last;
}

// CLOCK_MONOTONIC as a function of the counter, through moments at which both were read.
//
// The kernel slews its clock, now a little faster, now a little slower, so one rate does not do.
// Between two neighbouring readings the line is straight. Where the kernel's rate stays between a
// and b meanwhile, the line is off by no more than (b - a) / 4 of the time between them, plus what
// the readings are: a change of 10 ppm within 20 ms is 50 ns.
class TickLine {
public:
    struct Reading {
        std::uint64_t ticks = 0;
        std::int64_t nanoseconds = 0;
    };
    // Both clocks now: the closest of a few tries.
    static Reading readBoth();

    // Left out where it is not later than the last by both clocks.
    void add(const Reading& reading);

    // Never less for more ticks, also when readings were added in between: before the first and
    // after the last it stays what it is there. So read both before the first stamp and after the
    // last one that is asked for.
    std::int64_t nanosecondsAt(std::uint64_t ticks) const;

private:
    std::vector<Reading> readings_;
};

}  // namespace ringscope
