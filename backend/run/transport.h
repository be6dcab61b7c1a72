// How an agent is made to exist on a host. A transport does one thing: start `ringscope agent`
// there and hand over its standard input and output, line by line.
//
// Closing a channel closes the agent's standard input; the agent then ends every rank it started.
// So a dead laptop, a cancelled run and a broken link all end the same way.
#pragma once

#include "backend/config/host_list.h"
#include "backend/core/result.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

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
    // Waits at most `timeout` for the next line. Closed: the agent is gone, nothing will follow. An
    // Error says why it cannot be listened to any more.
    virtual Result<Received> receive(std::chrono::milliseconds timeout) = 0;
};

class Transport {
public:
    virtual ~Transport() = default;
    virtual std::string_view name() const = 0;
    // Makes the host ready, or says in one sentence what stands in the way of open(), before
    // anything is started.
    virtual Result<void> preflight(const HostSpec& host) = 0;
    virtual Result<std::unique_ptr<AgentChannel>> open(const HostSpec& host) = 0;

    // Where the ranks of other hosts reach those of this one.
    virtual Result<std::string> addressOf(const HostSpec& host) {
        if (host.isThisMachine()) return std::string("127.0.0.1");
        return host.address.empty() ? host.name : host.address;
    }
    // Waits at most `timeout` until one of the channels it opened has something to receive. False:
    // it cannot wait for several.
    virtual bool waitForAny(const std::vector<AgentChannel*>& /*channels*/,
                            std::chrono::milliseconds /*timeout*/) {
        return false;
    }
};

}  // namespace ringscope
