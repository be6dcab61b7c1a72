#include "backend/simulate/flows.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>

namespace ringscope::test {
namespace {

constexpr std::int64_t gigabyte = 1'000'000'000;

// The ends of flows as they were last told.
struct Ends {
    std::map<int, std::int64_t> at;
    Flows flows{[this](int flow, std::int64_t end, std::uint32_t) { at[flow] = end; }};
};

TEST(Flows, OneFlowTakesItsUnitsOverItsPort) {
    Ends ends;
    const int port = ends.flows.addPort(gigabyte);
    const int flow = ends.flows.begin(10, 1000, {port}, 0);
    EXPECT_EQ(ends.at[flow], 1010);
}

TEST(Flows, TwoFlowsShareAPortAndTheOneThatIsLeftHasItAlone) {
    Ends ends;
    const int port = ends.flows.addPort(gigabyte);
    const int first = ends.flows.begin(0, 1000, {port}, 0);
    const int second = ends.flows.begin(0, 3000, {port}, 0);
    EXPECT_EQ(ends.at[first], 2000);
    ends.flows.end(2000, first);
    EXPECT_EQ(ends.at[second], 4000);
}

TEST(Flows, AFlowIsAsFastAsItsSlowestPortAndNeverFasterThanItsMost) {
    Ends ends;
    const int fast = ends.flows.addPort(4 * gigabyte);
    const int slow = ends.flows.addPort(gigabyte);
    EXPECT_EQ(ends.at[ends.flows.begin(0, 1000, {fast, slow}, 0)], 1000);
    const int cores = ends.flows.addPort(2 * gigabyte);
    const int alone = ends.flows.begin(0, 1000, {cores}, gigabyte);
    EXPECT_EQ(ends.at[alone], 1000);
    ends.flows.begin(0, 1000, {cores}, gigabyte);
    EXPECT_EQ(ends.at[alone], 1000);
    ends.flows.begin(0, 1000, {cores}, gigabyte);
    EXPECT_EQ(ends.at[alone], 1501);  // three on two cores; ends are rounded up
}

// Ends are found with 64 bits where these do, and are the same.
TEST(Flows, UnitsOfAnyNumberEndWhenTheirPortHasMovedThem) {
    __extension__ using Wide = __int128;
    std::mt19937_64 random(7);
    for (int i = 0; i < 20'000; ++i) {
        const auto units = static_cast<std::int64_t>(random() >> (9 + random() % 50));
        const auto rate = static_cast<std::int64_t>(1000 + (random() >> (20 + random() % 40)));
        Ends ends;
        const int flow = ends.flows.begin(5, units, {ends.flows.addPort(rate)}, 0);
        const Wide nanos = (static_cast<Wide>(units) * gigabyte + rate - 1) / rate;
        if (nanos > std::numeric_limits<std::int64_t>::max() / 2) continue;
        ASSERT_EQ(ends.at[flow], 5 + static_cast<std::int64_t>(nanos))
            << units << " units at " << rate;
    }
}

}  // namespace
}  // namespace ringscope::test
