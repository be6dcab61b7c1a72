#include "backend/simulate/flows.h"

#include <gtest/gtest.h>

#include <map>

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

}  // namespace
}  // namespace ringscope::test
