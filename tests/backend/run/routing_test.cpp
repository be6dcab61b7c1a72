#include "backend/run/routing.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(RoutingFigures, SayHowEvenlyExpertsWereUsed) {
    const RoutingFigures figures = routingFigures({.use = {9, 12, 3, 0}});
    EXPECT_DOUBLE_EQ(figures.busiest, 2);
    EXPECT_EQ(figures.unused, 1);
    EXPECT_NEAR(figures.evenness, 0.7028195, 1e-7);
    const RoutingFigures even = routingFigures({.use = {7, 7, 7}});
    EXPECT_DOUBLE_EQ(even.busiest, 1);
    EXPECT_EQ(even.unused, 0);
    EXPECT_NEAR(even.evenness, 1, 1e-12);
}

TEST(RoutingFigures, OfOneExpertOrNoTokenAreThoseOfEvenUse) {
    for (const RoutingRecord& record :
         {RoutingRecord{}, RoutingRecord{.use = {5}}, RoutingRecord{.use = {0, 0}}}) {
        EXPECT_EQ(routingFigures(record).busiest, 1);
        EXPECT_EQ(routingFigures(record).evenness, 1);
    }
}

TEST(KeptRouting, IsOfSomeStepsAndTheLastHoweverLongARun) {
    for (const std::int64_t steps : {1, 7, 64, 65, 1000, 1'000'000'007}) {
        std::int64_t kept = 0;
        for (std::int64_t step = 0; step < std::min<std::int64_t>(steps, 100'000); ++step)
            kept += keepsRouting(step, steps) ? 1 : 0;
        EXPECT_GE(kept, std::min<std::int64_t>(steps, 1));
        EXPECT_LE(kept, 65);
        EXPECT_TRUE(keepsRouting(0, steps));
        EXPECT_TRUE(keepsRouting(steps - 1, steps));
    }
}

TEST(LastRouting, IsThatOfTheLastStepThatIsKept) {
    const RoutingRecord first{.step = 0, .layer = 1, .use = {1}};
    const RoutingRecord one{.step = 3, .layer = 1, .use = {2}};
    const RoutingRecord two{.step = 3, .layer = 2, .use = {3}};
    EXPECT_EQ(lastRouting({first, one, two}), (std::vector<RoutingRecord>{one, two}));
    EXPECT_TRUE(lastRouting({}).empty());
}

}  // namespace
}  // namespace ringscope
