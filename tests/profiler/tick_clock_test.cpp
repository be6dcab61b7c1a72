#include "profiler/tick_clock.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <algorithm>
#include <cmath>
#include <vector>

namespace ringscope {
namespace {

// A kernel's clock that runs at one rate after another, and a counter that runs at its own.
class SlewedClock {
public:
    static constexpr double ticksPerNs = 2.3;
    struct Piece {
        double ns = 0;    // how long
        double rate = 0;  // of the kernel's nanoseconds, against true ones
    };
    explicit SlewedClock(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

    double length() const {
        double sum = 0;
        for (const Piece& piece : pieces_) sum += piece.ns;
        return sum;
    }
    static std::uint64_t ticksAt(double trueNs) {
        return 1'000'000'000'000 + static_cast<std::uint64_t>(trueNs * ticksPerNs);
    }
    double kernelAt(double trueNs) const {
        double kernel = 5e12;
        for (const Piece& piece : pieces_) {
            const double inside = std::min(trueNs, piece.ns);
            kernel += inside * piece.rate;
            trueNs -= inside;
        }
        return kernel;
    }
    // By how much its rate varies between two moments.
    double spreadBetween(double from, double to) const {
        double least = 10;
        double most = 0;
        double begin = 0;
        for (const Piece& piece : pieces_) {
            if (begin < to && begin + piece.ns > from) {
                least = std::min(least, piece.rate);
                most = std::max(most, piece.rate);
            }
            begin += piece.ns;
        }
        return std::max(0.0, most - least);
    }

private:
    std::vector<Piece> pieces_;
};

double anyDouble(double from, double to) {
    return from + (to - from) * *rc::gen::inRange(0, 1 << 20) / (1 << 20);
}

SlewedClock anyClock() {
    std::vector<SlewedClock::Piece> pieces;
    const int count = *rc::gen::inRange(1, 12);
    // NTP slews by up to 500 ppm.
    for (int i = 0; i < count; ++i)
        pieces.push_back({anyDouble(1e5, 5e7), anyDouble(1 - 500e-6, 1 + 500e-6)});
    pieces.push_back({5e7, pieces.back().rate});  // for the last reading
    return SlewedClock(pieces);
}

RC_GTEST_PROP(TickLine, StaysWithinItsBoundOfAClockThatIsSlewed, ()) {
    const SlewedClock clock = anyClock();
    constexpr double uncertain = 40;  // of a reading, in nanoseconds
    std::vector<double> moments = {0};
    while (moments.back() < clock.length() - 5e7)
        moments.push_back(moments.back() + anyDouble(1e5, 4e7));  // late writers too
    TickLine line;
    for (const double moment : moments)
        line.add(
            {SlewedClock::ticksAt(moment),
             static_cast<std::int64_t>(clock.kernelAt(moment) + anyDouble(-uncertain, uncertain))});
    for (std::size_t i = 1; i < moments.size(); ++i) {
        const double distance = moments[i] - moments[i - 1];
        const double bound =
            clock.spreadBetween(moments[i - 1], moments[i]) * distance / 4 + uncertain + 2;
        for (int probe = 0; probe < 5; ++probe) {
            const double moment = anyDouble(moments[i - 1], moments[i]);
            const auto said = static_cast<double>(line.nanosecondsAt(SlewedClock::ticksAt(moment)));
            RC_ASSERT(std::abs(said - clock.kernelAt(moment)) <= bound);
        }
    }
}

// Whatever the readings are, also where a counter jumped back, and while more of them come.
RC_GTEST_PROP(TickLine, NeverGoesBack, ()) {
    const int count = *rc::gen::inRange(1, 30);
    TickLine line;
    std::uint64_t asked = 0;
    std::int64_t last = std::numeric_limits<std::int64_t>::min();
    std::int64_t latest = 0;
    for (int i = 0; i < count; ++i) {
        const auto ticks = *rc::gen::inRange<std::uint64_t>(1, 10'000);
        const auto now = *rc::gen::inRange<std::int64_t>(1, 10'000);
        line.add({ticks, now});
        latest = std::max(latest, now);
        for (int step = 0; step < 5; ++step) {
            const std::int64_t said = line.nanosecondsAt(asked);
            RC_ASSERT(said >= last);
            RC_ASSERT(said <= latest);
            last = said;
            // No further than what has been read, as the writer thread asks.
            asked = std::min<std::uint64_t>(asked + *rc::gen::inRange(0, 500), 10'000);
        }
    }
}

TEST(TickLine, MeetsItsReadings) {
    TickLine line;
    line.add({100, 1'000});
    line.add({300, 1'080});
    line.add({250, 1'090});  // the counter went back: not believed
    line.add({400, 1'180});
    EXPECT_EQ(line.nanosecondsAt(0), 1'000);
    EXPECT_EQ(line.nanosecondsAt(100), 1'000);
    EXPECT_EQ(line.nanosecondsAt(200), 1'040);
    EXPECT_EQ(line.nanosecondsAt(300), 1'080);
    EXPECT_EQ(line.nanosecondsAt(350), 1'130);
    EXPECT_EQ(line.nanosecondsAt(400), 1'180);
    EXPECT_EQ(line.nanosecondsAt(1'000), 1'180);
}

TEST(KernelCountsTicks, OnlyWhereItSaysSoAndTheCounterIsSteady) {
    EXPECT_TRUE(kernelCountsTicks("tsc", "flags\t: fpu tsc constant_tsc nonstop_tsc avx"));
    EXPECT_TRUE(kernelCountsTicks("tsc", "flags : constant_tsc nonstop_tsc"));
    EXPECT_FALSE(kernelCountsTicks("hpet", "flags : constant_tsc nonstop_tsc"));
    EXPECT_FALSE(kernelCountsTicks("kvm-clock", "flags : constant_tsc nonstop_tsc"));
    EXPECT_FALSE(kernelCountsTicks("tsc", "flags : tsc constant_tsc"));
    EXPECT_FALSE(kernelCountsTicks("tsc", "flags : nonstop_tsc_s3 constant_tsc"));
    EXPECT_FALSE(kernelCountsTicks("", ""));
}

TEST(TickStamp, IsMarkedAndNeverGoesBack) {
    std::int64_t before = tickStamp();
    for (int i = 0; i < 1'000; ++i) {
        const std::int64_t now = tickStamp();
        EXPECT_TRUE(isTicks(now));
        EXPECT_GE(now, before);
        before = now;
    }
    EXPECT_FALSE(isTicks(monotonicNow()));
    EXPECT_EQ(ticksOf(tickMark | 12), 12U);
}

}  // namespace
}  // namespace ringscope
