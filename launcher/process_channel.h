// A program whose standard streams are an AgentChannel.
#pragma once

#include "backend/core/result.h"
#include "backend/run/transport.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ringscope {

struct ChannelProgram {
    std::filesystem::path program;
    std::vector<std::string> arguments;
    std::chrono::milliseconds closeGrace{};  // from closing its input to ending it by force
};

// Starts it in a session of its own. Destroying the channel closes the program's input, waits for
// its end, insists after the grace, and then ends every process below it that is still there: they
// carry RINGSCOPE_AGENT_ID=<random> in their environment.
Result<std::unique_ptr<AgentChannel>> startProcessChannel(const ChannelProgram& program);

}  // namespace ringscope
