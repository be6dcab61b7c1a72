// An agent behind ssh. Waits until the script on the host has started the agent, passes on what
// login scripts print as lines of the log, and fails with a sentence if the session ends.
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

    // May be called before the agent has started; the line waits in the session.
    Result<void> send(std::string_view line) override { return session_->send(line); }
    Result<Received> receive(std::chrono::milliseconds timeout) override;
    bool lineReady() const override { return session_->lineReady(); }
    std::vector<int> descriptors() const override { return session_->descriptors(); }

private:
    std::optional<Error> readBootWord(const std::string& word);
    Error lostSession() const;

    std::string host_;
    std::unique_ptr<WaitableChannel> session_;
    bool ready_ = false;
    std::string errorText_;  // the end of what ssh printed on standard error
};

}  // namespace ringscope
