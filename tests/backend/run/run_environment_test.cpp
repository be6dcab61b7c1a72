#include "backend/run/run_environment.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(NetworkWords, AreLoopbackWhereAllRanksAreOnOneMachine) {
    EXPECT_EQ(networkWords({{.host = "localhost", .interface = "lo"}}), "loopback");
    EXPECT_EQ(networkWords({{.host = "a", .interface = "lo"}, {.host = "b", .interface = "lo"}}),
              "loopback");
}

TEST(NetworkWords, NameEachHostsInterfaceWhereTheyDiffer) {
    EXPECT_EQ(networkWords({{.host = "a", .interface = "ib0"}, {.host = "b", .interface = "ib0"}}),
              "ib0");
    EXPECT_EQ(networkWords({{.host = "a", .interface = "ib0"}, {.host = "b"}}),
              "a ib0, b not known");
    EXPECT_EQ(networkWords({{.host = "a"}}), "");
    EXPECT_EQ(networkWords({}), "");
}

TEST(CommitWords, SayWhetherFilesWereChanged) {
    const std::string hash = "0123456789abcdef0123456789abcdef01234567";
    EXPECT_EQ(commitWords({}), "");
    EXPECT_EQ(commitWords({.commit = hash, .dirty = false}), "0123456789ab");
    EXPECT_EQ(commitWords({.commit = hash, .dirty = true}), "0123456789ab with changes");
    EXPECT_EQ(commitWords({.commit = hash}), "0123456789ab, changes not known");
}

TEST(GpuWords, CountEqualDevices) {
    EXPECT_EQ(gpuWords({}), "");
    EXPECT_EQ(gpuWords({"A", "B", "A"}), "2 × A, B");
}

}  // namespace
}  // namespace ringscope
