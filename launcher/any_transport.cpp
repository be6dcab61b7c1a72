#include "launcher/any_transport.h"

#include "launcher/process_channel.h"
#include "launcher/transport_table.h"

namespace ringscope {

Transport& AnyTransport::of(const HostSpec& host) {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<Transport>& transport = made_[host.transport];
    if (!transport) transport = makeTransport(host.transport);
    return *transport;
}

Result<void> AnyTransport::preflight(const HostSpec& host) { return of(host).preflight(host); }

Result<std::unique_ptr<AgentChannel>> AnyTransport::open(const HostSpec& host) {
    return of(host).open(host);
}

std::optional<int> AnyTransport::gpusOf(const HostSpec& host) { return of(host).gpusOf(host); }

Result<std::string> AnyTransport::whyUnreadable(const HostSpec& host, const std::string& path) {
    return of(host).whyUnreadable(host, path);
}

std::string AnyTransport::commandFor(const HostSpec& host) { return of(host).commandFor(host); }

Result<std::string> AnyTransport::addressOf(const HostSpec& host) {
    return of(host).addressOf(host);
}

bool AnyTransport::waitForAny(const std::vector<AgentChannel*>& channels,
                              std::chrono::milliseconds timeout) {
    return waitForLine(channels, timeout);
}

}  // namespace ringscope
