// An agent behind ssh: skips what login scripts say, waits for the agent, and has a sentence for
// every way in which the session can end.
#pragma once

#include "launcher/process_channel.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>

namespace ringscope {

class SshChannel final : public WaitableChannel {
public:
    // `session`: ssh, running agentCommand() on `host`; its lines of standard error begin with
    // errorPrefix(host).
    SshChannel(std::string host, std::unique_ptr<WaitableChannel> session)
        : host_(std::move(host)), session_(std::move(session)) {}

    static std::string errorPrefix(const std::string& host) { return "ssh " + host + ": "; }

    // Taken before the agent is there as well: it waits in the session.
    Result<void> send(std::string_view line) override { return session_->send(line); }
    Result<Received> receive(std::chrono::milliseconds timeout) override;
    bool lineAtHand() const override { return session_->lineAtHand(); }
    std::vector<int> descriptors() const override { return session_->descriptors(); }

private:
    std::optional<Error> boot(const std::string& word);
    Error ending() const;

    std::string host_;
    std::unique_ptr<WaitableChannel> session_;
    bool ready_ = false;
    std::string said_;  // on standard error, the last of it
};

}  // namespace ringscope
