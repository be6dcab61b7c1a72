#include "backend/plan/placement.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

using Placed = std::vector<std::vector<int>>;

TEST(Placement, FillsTheSlotsInTheOrderOfTheHosts) {
    const auto hosts = parseHosts({"a:2", "b:3"}).value();
    EXPECT_EQ(placeRanks(4, hosts).value(), (Placed{{0, 1}, {2, 3}}));
    EXPECT_EQ(placeRanks(1, hosts).value(), (Placed{{0}, {}}));
}

TEST(Placement, SharesEquallyWhereNoHostSaysItsSlots) {
    const auto hosts = parseHosts({"a", "b", "c"}).value();
    EXPECT_EQ(placeRanks(4, hosts).value(), (Placed{{0, 1}, {2}, {3}}));
}

TEST(Placement, SaysHowManySlotsAreMissing) {
    const auto placed = placeRanks(4, parseHosts({"a:1", "b:2"}).value());
    ASSERT_FALSE(placed.ok());
    EXPECT_EQ(placed.error().message, "4 ranks need 4 slots; a:1, b:2 have 3");
}

TEST(LaunchHosts, FitTheTransport) {
    LaunchConfig launch;
    EXPECT_EQ(launchHosts(launch).value(), std::vector<HostSpec>(1));
    launch.hosts = {"a:2"};
    EXPECT_FALSE(launchHosts(launch).ok());
    launch.transport = TransportKind::Ssh;
    EXPECT_EQ(launchHosts(launch).value().front().transport, TransportKind::Ssh);
    launch.hostfile = "hosts";
    EXPECT_EQ(launchHosts(launch).error().message,
              "launch.hosts and launch.hostfile both name hosts; use one of them");
    launch.hosts.clear();
    EXPECT_EQ(launchHosts(launch).error().code, ErrorCode::Unavailable);
    EXPECT_EQ(launchHosts(launch).error().message, "no such hostfile: 'hosts'");
    launch.hostfile.reset();
    EXPECT_FALSE(launchHosts(launch).ok());
}

}  // namespace
}  // namespace ringscope
