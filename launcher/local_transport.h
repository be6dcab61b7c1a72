// Ranks on this machine: `ringscope agent` as a child process.
//
// The agent gets a session of its own, so a terminal's Ctrl-C reaches only the program the user
// sees, which then stops the ranks in order. What the agent writes to its standard error arrives
// as lines that are no frames, with "agent: " before them.
#pragma once

#include "backend/run/transport.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct LocalTransportOptions {
    std::filesystem::path agentProgram{};  // empty: `ringscope` beside this program
    std::vector<std::string> agentArguments{"agent"};
    // From closing the agent's input to ending it by force; longer than the agent needs for its
    // own.
    std::chrono::milliseconds closeGrace{10'000};
};

class LocalTransport final : public Transport {
public:
    explicit LocalTransport(LocalTransportOptions options = {});

    std::string_view name() const override { return "local"; }
    Result<void> preflight(const HostSpec& host) override;
    Result<std::unique_ptr<AgentChannel>> open(const HostSpec& host) override;

private:
    Result<void> checkHost(const HostSpec& host) const;

    LocalTransportOptions options_;
};

}  // namespace ringscope
