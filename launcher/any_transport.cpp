#include "launcher/any_transport.h"

#include "launcher/process_channel.h"
#include "launcher/transport_table.h"

namespace ringscope {

Result<Transport*> AnyTransport::of(const HostSpec& host) {
    const TransportRow* row = findTransport(host.transport);
    if (row == nullptr)
        return Error{ErrorCode::InvalidConfig,
                     "there is no transport '" + host.transport + "'; use local or ssh"};
    const std::lock_guard lock(mutex_);
    std::unique_ptr<Transport>& transport = made_[host.transport];
    if (!transport) transport = row->make();
    return transport.get();
}

Result<void> AnyTransport::preflight(const HostSpec& host) {
    RINGSCOPE_TRY(Transport* const transport, of(host));
    return transport->preflight(host);
}

Result<std::unique_ptr<AgentChannel>> AnyTransport::open(const HostSpec& host) {
    RINGSCOPE_TRY(Transport* const transport, of(host));
    return transport->open(host);
}

Result<std::string> AnyTransport::addressOf(const HostSpec& host) {
    RINGSCOPE_TRY(Transport* const transport, of(host));
    return transport->addressOf(host);
}

bool AnyTransport::waitForAny(const std::vector<AgentChannel*>& channels,
                              std::chrono::milliseconds timeout) {
    return waitForLine(channels, timeout);
}

}  // namespace ringscope
