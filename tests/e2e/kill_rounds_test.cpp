// Kills at moments spread over a run, of everything that can be killed, with the store free and
// locked: the whole of it is `kill_bench`.
#include "tests/support/kill_rounds.h"
#include "tests/support/covering.h"

#include <gtest/gtest.h>

namespace ringscope::test {
namespace {

TEST(KillRounds, LeaveNoProcessNoBrokenStoreAndNoRunThatSeemsToGoOn) {
    KillRounds rounds;
    const bool all = wantsAllCombinations();
    const int kills = all ? 20 : 2 * victims;
    for (int i = 0; i < kills; ++i) {
        const bool locked = all ? i % 5 == 4 : (i / victims + i) % 2 == 1;
        rounds.kill(static_cast<Victim>(i % victims),
                    std::chrono::milliseconds(50 + 1500 / kills * i),
                    locked ? StoreIs::Locked : StoreIs::Free);
    }
    const KillFigures& figures = rounds.figures();
    std::string problems;
    for (const std::string& problem : figures.problems) problems += problem + "\n";
    EXPECT_EQ(figures.orphans, 0) << problems;
    EXPECT_EQ(figures.broken, 0) << problems;
    EXPECT_EQ(figures.lostFinished, 0) << problems;
    EXPECT_EQ(figures.stillRunning, 0) << problems;
    EXPECT_EQ(figures.filesLeft, 0) << problems;
    EXPECT_EQ(figures.leadersKilled, kills / 2);
}

}  // namespace
}  // namespace ringscope::test
