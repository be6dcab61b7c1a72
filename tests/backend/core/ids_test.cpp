#include "backend/core/ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

namespace ringscope {
namespace {

TEST(RunId, IsARandomUuidOfVersion4) {
    EXPECT_THAT(RunId::random().text,
                testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                      "[0-9a-f]{12}"));
}

TEST(RunId, IsAnotherOneEveryTime) {
    std::set<RunId> ids;
    for (int i = 0; i < 1000; ++i) ids.insert(RunId::random());
    EXPECT_EQ(ids.size(), 1000U);
}

TEST(RunId, IsEmptyUntilOneIsGiven) {
    EXPECT_TRUE(RunId{}.empty());
    EXPECT_FALSE(RunId::random().empty());
}

}  // namespace
}  // namespace ringscope
