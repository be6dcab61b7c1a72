// A training outlives a locked store, a full disk and a folder of traces that vanishes.
#include "tests/support/hard_training.h"

#include <gtest/gtest.h>

namespace ringscope::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(HardTraining, EndsFinishedWithEveryStepInTheStoreThatTheWindowShows) {
    // Longer than the store's own patience with a lock, which is five seconds.
    const Hardships hardships{.steps = 400,
                              .pace = milliseconds(40),
                              .locked = seconds(6),
                              .full = seconds(2),
                              .windowOpen = true};
    const HardTraining training = trainThrough(hardships);
    if (!training.notRun.empty()) GTEST_SKIP() << training.notRun;
    EXPECT_EQ(training.ended.exitCode, 0) << training.ended.err;
    EXPECT_EQ(training.status, "finished");
    EXPECT_EQ(training.stepsKept, hardships.steps);
    EXPECT_TRUE(training.wentOnWhileLocked);
    EXPECT_TRUE(training.wentOnWhileFull);
    EXPECT_TRUE(training.saidSo) << training.ended.err;
    EXPECT_TRUE(training.whole);
    EXPECT_TRUE(training.windowLived.value_or(true));
}

}  // namespace
}  // namespace ringscope::test
