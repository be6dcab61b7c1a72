// Ranks on this machine: `ringscope agent` as a child process.
//
// The agent gets a session of its own, so Ctrl-C in a terminal reaches only the program the user
// started, which then stops the ranks in order. Lines that the agent writes to its standard error
// are received with "agent: " before them, as lines that are no frames.
#pragma once

#include "backend/run/transport.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct LocalTransportOptions {
    std::filesystem::path agentProgram{};  // empty: `ringscope` beside this program
    std::vector<std::string> agentArguments{"agent"};
    // From closing the agent's input to SIGKILL. Longer than the agent's own grace for its ranks.
    std::chrono::milliseconds closeGrace{10'000};
};

class LocalTransport final : public Transport {
public:
    explicit LocalTransport(LocalTransportOptions options = {});

    std::string_view name() const override { return nameOf(TransportKind::Local); }
    Result<void> preflight(const HostSpec& host) override;
    Result<std::unique_ptr<AgentChannel>> open(const HostSpec& host) override;
    std::optional<int> gpusOf(const HostSpec& host) override;
    std::string commandFor(const HostSpec& host) override;

private:
    Result<void> checkHost(const HostSpec& host) const;

    LocalTransportOptions options_;
};

}  // namespace ringscope
