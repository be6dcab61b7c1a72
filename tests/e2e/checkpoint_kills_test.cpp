// Six kills of trainings that write checkpoints: the whole of it is `kill_bench --checkpoints`.
#include "tests/support/checkpoint_kills.h"

#include <gtest/gtest.h>

namespace ringscope::test {
namespace {

TEST(CheckpointKills, LeaveAWholeCheckpointThatGoesOnWithTheSameLosses) {
    CheckpointKills kills("ring");
    for (int i = 0; i < 6; ++i)
        kills.kill(static_cast<Hit>(i % hits), kills.whole() * (4 + i) / 10,
                   i % 2 == 0 ? StateIs::InMemory : StateIs::OnDisk);
    std::string problems;
    for (const std::string& problem : kills.problems()) problems += problem + "\n";
    EXPECT_TRUE(kills.problems().empty()) << problems;
    EXPECT_GE(kills.resumed(), 3);
}

}  // namespace
}  // namespace ringscope::test
