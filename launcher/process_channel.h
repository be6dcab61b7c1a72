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
    std::chrono::milliseconds closeGrace{};  // from closing its input to SIGKILL
    std::string errorPrefix = "agent: ";     // before each line of its standard error
};

// A channel that can be waited for together with others.
class WaitableChannel : public AgentChannel {
public:
    virtual bool lineReady() const = 0;                // receive() would return at once
    virtual std::vector<int> descriptors() const = 0;  // to poll for reading; -1: closed
};

// Transport::waitForAny() for channels that are waitable.
bool waitForLine(const std::vector<AgentChannel*>& channels, std::chrono::milliseconds timeout);

// Starts the program in a session of its own. Destroying the channel closes the program's input,
// waits for its end, and kills it after the grace. If the program was killed or failed, every
// descendant of it is killed too: they have RINGSCOPE_AGENT_ID=<random> in their environment.
Result<std::unique_ptr<WaitableChannel>> startProcessChannel(const ChannelProgram& program);

}  // namespace ringscope
