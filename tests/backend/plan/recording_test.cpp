#include "backend/plan/recording.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

RunConfig recordedConfig(const std::string& mode, std::int64_t sp) {
    RunConfig config;
    config.parallel.mode = mode;
    config.parallel.sp = sp;
    return config;
}

TEST(Recording, NamesTheRecordedRanksUnlessAllAre) {
    RunConfig recorded = recordedConfig("ring", 4);
    recorded.profile.ranks = {1, 2};
    EXPECT_TRUE(recordedRanks(planRun(recorded).value()).empty()) << "no steps are";
    recorded.profile.steps = {3, 5};
    const RunPlan some = planRun(recorded).value();
    EXPECT_EQ(recordedRanks(some), (std::vector<int>{1, 2}));
    EXPECT_EQ(
        some.notes,
        (std::vector<std::string>{"of this run's 4 ranks, 1, 2 are recorded (profile.ranks)"}));
    recorded.profile.ranks = {0, 1, 2, 3};
    EXPECT_TRUE(planRun(recorded).value().notes.empty());
    recorded.profile.ranks.reset();
    EXPECT_EQ(recordedRanks(planRun(recorded).value()).size(), 4U);
    recorded.parallel.mode = "none";  // in a matrix beside the others
    recorded.profile.ranks = {1, 2};
    const RunPlan none = planRun(recorded).value();
    EXPECT_TRUE(recordedRanks(none).empty());
    EXPECT_EQ(none.notes.back(),
              "this run's only rank is not in profile.ranks; nothing is recorded");
}

TEST(Recording, KnowsTheGroupsThatHaveCollectivesOfTheirOwn) {
    EXPECT_TRUE(collectiveGroups(planRun(recordedConfig("ulysses", 4)).value(), 1).empty());
    RunConfig replicas = recordedConfig("ulysses", 2);
    replicas.parallel.dp = 2;
    EXPECT_EQ(collectiveGroups(planRun(replicas).value(), 3),
              (std::vector<RankSet>{{.first = 2, .count = 2}}));
    RunConfig twoLevels = recordedConfig("usp", 4);
    twoLevels.parallel.ulysses = 2;
    EXPECT_EQ(collectiveGroups(planRun(twoLevels).value(), 3),
              (std::vector<RankSet>{{.first = 2, .count = 2}}));
    twoLevels.parallel.dp = 2;
    EXPECT_EQ(collectiveGroups(planRun(twoLevels).value(), 7),
              (std::vector<RankSet>{{.first = 4, .count = 4}, {.first = 6, .count = 2}}));
}

}  // namespace
}  // namespace ringscope
