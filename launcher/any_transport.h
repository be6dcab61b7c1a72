// All transports of the table behind one interface: HostSpec::transport names the one to use.
#pragma once

#include "backend/run/transport.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

class AnyTransport final : public Transport {
public:
    std::string_view name() const override { return "any"; }
    Result<void> preflight(const HostSpec& host) override;
    Result<std::unique_ptr<AgentChannel>> open(const HostSpec& host) override;
    std::optional<int> gpusOf(const HostSpec& host) override;
    Result<std::string> whyUnreadable(const HostSpec& host, const std::string& path) override;
    std::string commandFor(const HostSpec& host) override;
    Result<std::string> addressOf(const HostSpec& host) override;
    bool waitForAny(const std::vector<AgentChannel*>& channels,
                    std::chrono::milliseconds timeout) override;

private:
    Transport& of(const HostSpec& host);

    std::mutex mutex_;
    std::map<TransportKind, std::unique_ptr<Transport>> made_;  // by name, made when first used
};

}  // namespace ringscope
