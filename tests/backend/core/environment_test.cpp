#include "backend/core/environment.h"

#include <gtest/gtest.h>
#include <cstdlib>

namespace ringscope {
namespace {

TEST(EnvironmentVariables, AreWhatTheProcessSeesNow) {
    ASSERT_EQ(::setenv("RINGSCOPE_TEST_VARIABLE", "a=b; c", 1), 0);
    EXPECT_EQ(environmentVariables().at("RINGSCOPE_TEST_VARIABLE"), "a=b; c");
    ASSERT_EQ(::setenv("RINGSCOPE_TEST_VARIABLE", "", 1), 0);
    EXPECT_EQ(environmentVariables().at("RINGSCOPE_TEST_VARIABLE"), "");
    ASSERT_EQ(::unsetenv("RINGSCOPE_TEST_VARIABLE"), 0);
    EXPECT_FALSE(environmentVariables().contains("RINGSCOPE_TEST_VARIABLE"));
}

}  // namespace
}  // namespace ringscope
