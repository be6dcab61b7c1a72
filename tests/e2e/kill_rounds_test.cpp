// Twenty kills at moments spread over a run: the whole of it is `kill_bench`.
#include "tests/support/kill_rounds.h"

#include <gtest/gtest.h>

namespace ringscope::test {
namespace {

TEST(KillRounds, LeaveNoProcessNoBrokenStoreAndNoRunThatSeemsToGoOn) {
    KillRounds rounds;
    for (int i = 0; i < 20; ++i)
        rounds.kill(static_cast<Victim>(i % victims), std::chrono::milliseconds(50 + 75 * i),
                    i % 5 == 4 ? StoreIs::Locked : StoreIs::Free);
    const KillFigures& figures = rounds.figures();
    std::string problems;
    for (const std::string& problem : figures.problems) problems += problem + "\n";
    EXPECT_EQ(figures.orphans, 0) << problems;
    EXPECT_EQ(figures.broken, 0) << problems;
    EXPECT_EQ(figures.lostFinished, 0) << problems;
    EXPECT_EQ(figures.stillRunning, 0) << problems;
    EXPECT_EQ(figures.filesLeft, 0) << problems;
    EXPECT_EQ(figures.leadersKilled, 10);
}

}  // namespace
}  // namespace ringscope::test
