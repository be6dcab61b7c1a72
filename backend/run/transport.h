// How an agent is made to exist on a host. A transport does one thing: start `ringscope agent`
// there and hand over its standard input and output, line by line.
//
// Closing a channel closes the agent's standard input; the agent then ends every rank it started.
// So a dead laptop, a cancelled run and a broken link all end the same way.
#pragma once

#include "backend/core/result.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ringscope {

struct HostSpec {
    std::string name = "localhost";
    int slots = 0;  // ranks it may take; 0: as many as asked
};

// One agent's standard input and output. Used by one thread at a time. Destroying it closes the
// agent's input and waits until the agent is gone.
class AgentChannel {
public:
    virtual ~AgentChannel() = default;

    virtual Result<void> send(std::string_view line) = 0;

    enum class Event { Line, Timeout, Closed };
    struct Received {
        Event event = Event::Timeout;
        std::string line;  // without its newline; may be anything when the far side is broken
    };
    // Waits at most `timeout` for the next line. Closed: the agent is gone, nothing will follow.
    virtual Result<Received> receive(std::chrono::milliseconds timeout) = 0;
};

class Transport {
public:
    virtual ~Transport() = default;
    virtual std::string_view name() const = 0;
    // One sentence on what stands in the way of open(), before anything is started.
    virtual Result<void> preflight(const HostSpec& host) = 0;
    virtual Result<std::unique_ptr<AgentChannel>> open(const HostSpec& host) = 0;
};

}  // namespace ringscope
