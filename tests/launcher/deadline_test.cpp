#include "launcher/deadline.h"

#include "launcher/exec_pointers.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::steady_clock;

TEST(Deadline, ThatHasPassedIsZero) {
    EXPECT_EQ(millisecondsUntil(steady_clock::now()), 0);
    EXPECT_EQ(millisecondsUntil(steady_clock::now() - hours(1)), 0);
}

TEST(Deadline, IsRoundedUpSoThatAPollOfItDoesNotEndBefore) {
    const steady_clock::time_point end = steady_clock::now() + microseconds(100);
    const int wait = millisecondsUntil(end);
    EXPECT_TRUE(wait == 1 || steady_clock::now() >= end) << wait;
}

TEST(Deadline, FarAheadIsAskedForAgainAfterAMinute) {
    EXPECT_EQ(millisecondsUntil(steady_clock::now() + hours(1'000)), 60'000);
}

TEST(ExecPointers, PointIntoTheWordsAndEndWithNull) {
    std::vector<std::string> words = {"sh", "", "a b"};
    const std::vector<char*> pointers = execPointers(words);
    ASSERT_EQ(pointers.size(), 4U);
    for (std::size_t i = 0; i < words.size(); ++i) EXPECT_EQ(pointers[i], words[i].data());
    EXPECT_EQ(pointers.back(), nullptr);
}

}  // namespace
}  // namespace ringscope
