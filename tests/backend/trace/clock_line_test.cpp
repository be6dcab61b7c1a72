#include "backend/trace/clock_line.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

TEST(ClockLine, WithoutComparisonsIsTheReference) {
    const ClockLine clock({});
    EXPECT_TRUE(clock.isReference());
    EXPECT_EQ(clock.toReference(12), 12);
    EXPECT_EQ(clock.error(0, 100), 0);
}

TEST(ClockLine, OfOneComparisonIsAnOffset) {
    const ClockLine clock({{.local = 100, .reference = 1'100, .error = 7}});
    EXPECT_EQ(clock.toReference(5), 1'005);
    EXPECT_EQ(clock.error(0, 1'000'000), 7);
    EXPECT_EQ(clock.drift(), 0);
}

TEST(ClockLine, TakesTheBestComparisonOfEachHalf) {
    const ClockLine clock({{.local = 0, .reference = 900, .error = 500},
                           {.local = 100, .reference = 200, .error = 5},
                           {.local = 1'100, .reference = 1'300, .error = 8},
                           {.local = 1'200, .reference = 5'000, .error = 900}});
    EXPECT_EQ(clock.toReference(100), 200);
    EXPECT_EQ(clock.toReference(1'100), 1'300);
    EXPECT_EQ(clock.toReference(600), 750);
    EXPECT_EQ(clock.error(100, 1'100), 8);
    EXPECT_EQ(clock.error(100, 2'100), 8 + 13) << "the doubt grows behind the last one";
    EXPECT_DOUBLE_EQ(clock.drift(), 1e8);
}

// Any offset, any drift, any truth within the errors that were stated.
RC_GTEST_PROP(ClockLine, StaysWithinTheErrorItStates, ()) {
    const auto offset = *rc::gen::inRange<std::int64_t>(-1'000'000'000, 1'000'000'000);
    const double drift = static_cast<double>(*rc::gen::inRange(-100'000, 100'000)) * 1e-9;
    const auto truth = [&](std::int64_t local) {
        return local + offset + std::llround(static_cast<double>(local) * drift);
    };
    std::vector<ClockSample> samples;
    const int count = *rc::gen::inRange(2, 6);
    for (int i = 0; i < count; ++i) {
        const auto local = *rc::gen::inRange<std::int64_t>(2'000'000'000, 12'000'000'000);
        const auto error = *rc::gen::inRange<std::int64_t>(1, 50'000);
        const auto off = *rc::gen::inRange<std::int64_t>(-error, error + 1);
        samples.push_back({.local = local, .reference = truth(local) + off, .error = error});
    }
    bool apart = true;  // with drift, one moment says nothing of another
    for (const ClockSample& sample : samples)
        apart = apart && (&sample == &samples[0] || sample.local != samples[0].local);
    RC_PRE(apart);
    const ClockLine clock(samples);
    const auto from = *rc::gen::inRange<std::int64_t>(2'000'000'000, 12'000'000'000);
    const auto to = *rc::gen::inRange<std::int64_t>(from, 12'000'000'000);
    for (const std::int64_t local : {from, (from + to) / 2, to})
        RC_ASSERT(std::abs(clock.toReference(local) - truth(local)) <= clock.error(from, to) + 2);
}

}  // namespace
}  // namespace ringscope
