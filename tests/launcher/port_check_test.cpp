#include "launcher/port_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(PortCheck, ReachesAPortThatListens) {
    PortCheck check;
    const Result<int> port = check.listen("127.0.0.1");
    ASSERT_TRUE(port.ok());
    EXPECT_GT(*port, 0);
    EXPECT_TRUE(PortCheck::reach("127.0.0.1", *port).ok());
    EXPECT_TRUE(PortCheck::reach("localhost", *port).ok());
}

TEST(PortCheck, ListensUntilItIsAskedAgainOrDestroyed) {
    int first = 0;
    {
        PortCheck check;
        first = check.listen("127.0.0.1").value();
        const int second = check.listen("127.0.0.1").value();
        EXPECT_FALSE(PortCheck::reach("127.0.0.1", first).ok());
        first = second;
    }
    EXPECT_EQ(PortCheck::reach("127.0.0.1", first).error().message,
              "cannot reach 127.0.0.1:" + std::to_string(first) + ": Connection refused");
}

TEST(PortCheck, SaysThatAnAddressIsOfAnotherHost) {
    PortCheck check;
    const Result<int> port = check.listen("192.0.2.1");  // of no host: kept for documents
    ASSERT_FALSE(port.ok());
    EXPECT_EQ(port.error().code, ErrorCode::InvalidConfig);
    EXPECT_THAT(port.error().message, HasSubstr("192.0.2.1 is none of this host's own addresses"));
}

TEST(PortCheck, NamesAHostThatCannotBeResolved) {
    const Result<void> reached = PortCheck::reach("nowhere.invalid", 22);
    ASSERT_FALSE(reached.ok());
    EXPECT_EQ(reached.error().code, ErrorCode::NotFound);
    EXPECT_THAT(reached.error().message, StartsWith("'nowhere.invalid' "));
    EXPECT_THAT(reached.error().message, HasSubstr("addr="));
}

}  // namespace
}  // namespace ringscope
