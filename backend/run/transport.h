// A transport starts `ringscope agent` on a host and hands over its standard input and output, line
// by line.
//
// Closing a channel closes the agent's standard input; the agent then ends every rank it started.
// So a dead laptop, a cancelled run and a broken connection all end in the same way.
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

// One agent's standard input and output. Must be used by one thread at a time. The destructor
// closes the agent's input and waits until the agent has ended.
class AgentChannel {
public:
    virtual ~AgentChannel() = default;

    virtual Result<void> send(std::string_view line) = 0;

    enum class Event { Line, Timeout, Closed };
    struct Received {
        Event event = Event::Timeout;
        std::string line;  // without its newline; may be anything when the far side is broken
    };
    // Waits at most `timeout` for the next line. Closed: the agent has ended, nothing will follow.
    // Fails where the connection broke.
    virtual Result<Received> receive(std::chrono::milliseconds timeout) = 0;
};

class Transport {
public:
    virtual ~Transport() = default;
    virtual std::string_view name() const = 0;
    // Makes the host ready for open(). Fails with one sentence that says what is missing; nothing
    // has been started then.
    virtual Result<void> preflight(const HostSpec& host) = 0;
    virtual Result<std::unique_ptr<AgentChannel>> open(const HostSpec& host) = 0;

    // The address at which ranks of other hosts reach the ranks of `host`.
    virtual Result<std::string> addressOf(const HostSpec& host) {
        if (host.isThisMachine()) return std::string("127.0.0.1");
        return host.address.empty() ? host.name : host.address;
    }
    // GPUs of a host; nothing where that is not known. Looks at this machine only, so those of
    // another host are known after its preflight().
    virtual std::optional<int> gpusOf(const HostSpec& /*host*/) { return std::nullopt; }
    // Why ranks of a host, which is ready, could not read a file there: "Permission denied". Empty
    // where they could, or where that is not known. Fails where the host does not answer.
    virtual Result<std::string> whyUnreadable(const HostSpec& /*host*/,
                                              const std::string& /*path*/) {
        return std::string();
    }
    // What open() would start, as a user types it; starts nothing and reaches no host.
    virtual std::string commandFor(const HostSpec& /*host*/) { return {}; }

    // Waits at most `timeout` until one of `channels` has something to receive; all must have been
    // opened by this transport. Returns false where it cannot wait for several.
    virtual bool waitForAny(const std::vector<AgentChannel*>& /*channels*/,
                            std::chrono::milliseconds /*timeout*/) {
        return false;
    }
};

}  // namespace ringscope
