#include "launcher/line_budget.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

using std::chrono::seconds;

TEST(LineBudget, LetsABurstPassAndThenSoManyASecond) {
    LineBudget budget;
    const LineBudget::Time now{seconds(100)};
    int passed = 0;
    for (int line = 0; line < 10'000; ++line) passed += budget.spend(now) ? 1 : 0;
    EXPECT_EQ(passed, LineBudget::burst);
    EXPECT_EQ(budget.takeDropped(), 10'000 - passed);
    EXPECT_EQ(budget.takeDropped(), 0);

    passed = 0;
    for (int line = 0; line < 10'000; ++line) passed += budget.spend(now + seconds(2)) ? 1 : 0;
    EXPECT_EQ(passed, 2 * LineBudget::perSecond);
}

}  // namespace
}  // namespace ringscope
