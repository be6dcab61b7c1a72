#include "kernels/generate/text_pages.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

TEST(TextPages, LieWhereTheirPagesDo) {
    EXPECT_THAT(slotsOf({7, 2}, {3, 20}),
                ElementsAre(SlotStretch{115, 3, 13}, SlotStretch{32, 16, 4}));
    EXPECT_THAT(slotsOf({4, 5, 6}, {0, 48}), ElementsAre(SlotStretch{64, 0, 48}));
    EXPECT_THAT(slotsOf({4}, {5, 5}), ElementsAre());
}

// Three pages, of which token 48 takes the first one again.
TEST(TextPages, AreUsedInTurn) {
    EXPECT_THAT(slotsOf({4, 5, 6}, {33, 50}),
                ElementsAre(SlotStretch{97, 33, 15}, SlotStretch{64, 48, 2}));
}

TEST(PagePool, GivesAllThatIsAskedForOrNothing) {
    PagePool pool(3);
    const auto two = pool.take(2);
    ASSERT_TRUE(two);
    EXPECT_THAT(*two, ElementsAre(0, 1));
    EXPECT_FALSE(pool.take(2));
    EXPECT_EQ(pool.free(), 1);
    pool.giveBack(*two);
    EXPECT_EQ(pool.free(), 3);
    EXPECT_EQ(pool.take(3)->size(), 3U);
}

}  // namespace
}  // namespace ringscope
