#include "launcher/ssh_channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <deque>

namespace ringscope {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Event = AgentChannel::Event;

// An ssh session that was written down.
class WrittenSession final : public WaitableChannel {
public:
    struct Shared {
        std::deque<Received> received;
        std::vector<std::string> sent;
    };
    explicit WrittenSession(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

    Result<void> send(std::string_view line) override {
        shared_->sent.emplace_back(line);
        return {};
    }
    Result<Received> receive(milliseconds) override {
        if (shared_->received.empty()) return Received{Event::Closed, ""};
        Received next = shared_->received.front();
        shared_->received.pop_front();
        return next;
    }
    bool lineReady() const override { return !shared_->received.empty(); }
    std::vector<int> descriptors() const override { return {41, 42}; }

private:
    std::shared_ptr<Shared> shared_;
};

class SshChannelTest : public ::testing::Test {
protected:
    void add(const std::string& line) { session->received.push_back({Event::Line, line}); }
    Result<AgentChannel::Received> receive() { return channel.receive(milliseconds(0)); }
    std::string failure() {
        const Result<AgentChannel::Received> received = receive();
        return received.ok() ? "received '" + received->line + "'" : received.error().message;
    }

    std::shared_ptr<WrittenSession::Shared> session = std::make_shared<WrittenSession::Shared>();
    SshChannel channel{"node1", std::make_unique<WrittenSession>(session)};
};

TEST_F(SshChannelTest, PassesTheAgentsLinesOnAfterItHasStarted) {
    add("ringscope-boot ready");
    add("{\"v\":1}");
    add("");
    EXPECT_EQ(receive()->line, "{\"v\":1}");
    EXPECT_EQ(receive()->line, "");
}

TEST_F(SshChannelTest, NamesTheHostBeforeWhatLoginScriptsPrint) {
    add("");
    add("Welcome to node1");
    add("ringscope-boot ready");
    add("frame");
    EXPECT_EQ(receive()->line, "node1 (login): Welcome to node1");
    EXPECT_EQ(receive()->line, "frame");
}

TEST_F(SshChannelTest, PassesOnWhatSshPrintsWithItsPrefix) {
    add("ssh node1: Warning: Permanently added 'node1'");
    EXPECT_EQ(receive()->line, "ssh node1: Warning: Permanently added 'node1'");
}

TEST_F(SshChannelTest, SaysWhyASessionEndedBeforeTheAgentStarted) {
    add("ssh node1: node1: Permission denied (publickey).");
    EXPECT_TRUE(receive().ok());
    EXPECT_THAT(failure(), HasSubstr("node1 does not accept your ssh key"));
}

TEST_F(SshChannelTest, SaysThatASessionEndedWithoutAReason) {
    EXPECT_EQ(failure(), "ssh node1 ended and printed nothing; try it by hand: ssh node1");
}

TEST_F(SshChannelTest, SaysThatASessionEndedAfterTheAgentStarted) {
    add("ringscope-boot ready");
    EXPECT_EQ(failure(),
              "the ssh session of the agent on node1 ended without a word: the agent there or the "
              "ssh client here is gone; ranks there end by themselves");
}

TEST_F(SshChannelTest, AddsSshsReasonToALostConnection) {
    add("ringscope-boot ready");
    add("ssh node1: Timeout, server node1 not responding.");
    EXPECT_TRUE(receive().ok());
    EXPECT_EQ(failure(),
              "the ssh connection to node1 was lost (node1 no longer answers; check the network "
              "between here and there); ranks there end by themselves");
}

TEST_F(SshChannelTest, SaysThatTheProgramsAreNoLongerOnTheHost) {
    add("ringscope-boot missing ringscope");
    EXPECT_EQ(failure(), "the programs of ringscope are no longer on node1; start the run again");
}

TEST_F(SshChannelTest, QuotesAScriptThatCannotStartAnAgent) {
    add("ringscope-boot no-libtorch /home/anna/.cache/ringscope");
    EXPECT_EQ(failure(), "node1 cannot start an agent: no-libtorch /home/anna/.cache/ringscope");
}

TEST_F(SshChannelTest, PassesATimeoutOn) {
    session->received.push_back({Event::Timeout, ""});
    EXPECT_EQ(receive()->event, Event::Timeout);
}

TEST_F(SshChannelTest, SendsBeforeTheAgentHasStarted) {
    EXPECT_TRUE(channel.send("start").ok());
    EXPECT_THAT(session->sent, ElementsAre("start"));
}

TEST_F(SshChannelTest, IsWaitedForAsItsSessionIs) {
    EXPECT_FALSE(channel.lineReady());
    add("line");
    EXPECT_TRUE(channel.lineReady());
    EXPECT_THAT(channel.descriptors(), ElementsAre(41, 42));
}

TEST_F(SshChannelTest, KeepsOnlyTheEndOfWhatSshPrints) {
    add("ssh node1: Connection refused");
    for (int i = 0; i < 200; ++i) add("ssh node1: " + std::string(100, 'x'));
    add("ssh node1: the last line");
    for (int i = 0; i < 202; ++i) EXPECT_TRUE(receive().ok());
    EXPECT_EQ(failure(), "ssh node1 failed: the last line");
}

}  // namespace
}  // namespace ringscope
