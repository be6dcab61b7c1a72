#include "launcher/metrics_endpoint.h"

#include "tests/backend/sink/events.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>

namespace ringscope {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

// A port that nobody listens on; the socket that knew it is closed.
int freePort() {
    const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(file, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(file, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(file);
    return ntohs(address.sin_port);
}

// Sends the text and reads until the other end closes.
std::string ask(int port, const std::string& text) {
    const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    EXPECT_EQ(::connect(file, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    std::string answer;
    std::array<char, 4096> bytes{};
    for (ssize_t got = 0; (got = ::read(file, bytes.data(), bytes.size())) > 0;)
        answer.append(bytes.data(), static_cast<std::size_t>(got));
    ::close(file);
    return answer;
}

TEST(MetricsEndpoint, AnswersWithTheFiguresOfNow) {
    const int port = freePort();
    const auto endpoint = openMetricsEndpoint(std::to_string(port));
    ASSERT_TRUE(endpoint.ok()) << endpoint.error().message;
    using test::eventOf;
    ASSERT_TRUE(
        (*endpoint)->write(eventOf(RunEvent::Kind::Step, test::smallRun(), test::stepOf(7))).ok());
    const std::string answer =
        ask(port, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("Content-Type: application/openmetrics-text; version=1.0.0"));
    EXPECT_THAT(answer, HasSubstr("ringscope_steps_total{"));
    EXPECT_THAT(answer, ::testing::EndsWith("# EOF\n"));
}

TEST(MetricsEndpoint, RefusesWhatIsNoQuestion) {
    const int port = freePort();
    const auto endpoint = openMetricsEndpoint("127.0.0.1:" + std::to_string(port));
    ASSERT_TRUE(endpoint.ok()) << endpoint.error().message;
    const std::string end = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    EXPECT_THAT(ask(port, "GET /" + end), StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(ask(port, "DELETE /metrics" + end), StartsWith("HTTP/1.1 405 "));
    EXPECT_EQ(ask(port, "\x16\x03\x01 no words of this protocol\r\n\r\n"), "");
    EXPECT_THAT(ask(port, "GET /metrics?all=1" + end), StartsWith("HTTP/1.1 200 "));
}

TEST(MetricsEndpoint, NamesAPortThatIsTaken) {
    const int port = freePort();
    const auto first = openMetricsEndpoint(std::to_string(port));
    ASSERT_TRUE(first.ok());
    const auto second = openMetricsEndpoint(std::to_string(port));
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().message, "cannot listen on 127.0.0.1 port " + std::to_string(port) +
                                          ": Address already in use; name a free port");
}

TEST(MetricsEndpoint, RefusesWhatIsNoAddress) {
    for (const char* wrong : {"", "x", "0", "70000", ":9400", "nowhere.example:9400"})
        EXPECT_FALSE(openMetricsEndpoint(wrong).ok()) << wrong;
}

}  // namespace
}  // namespace ringscope
