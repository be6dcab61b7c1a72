#include "launcher/any_transport.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(AnyTransport, AnswersAsTheTransportThatTheHostNames) {
    AnyTransport any;
    EXPECT_EQ(any.addressOf({.transport = TransportKind::Local}).value(), "127.0.0.1");
    const HostSpec elsewhere{.name = "node1", .transport = TransportKind::Local};
    const std::string refusal =
        "transport local starts ranks on this machine only; got host 'node1'";
    EXPECT_EQ(any.open(elsewhere).error().message, refusal);
    EXPECT_EQ(any.preflight(elsewhere).error().message, refusal);
}

TEST(AnyTransport, WaitsForNoChannelsAtAll) {
    AnyTransport any;
    EXPECT_TRUE(any.waitForAny({}, std::chrono::milliseconds(0)));
}

}  // namespace
}  // namespace ringscope
