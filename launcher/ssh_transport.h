// Ranks on other machines: `ringscope agent` at the far end of an OpenSSH client.
//
// A host is prepared once: programs that are not there, by the hash of their contents, are copied.
// Then each run has one ssh session per host, whose standard input and output carry the agent's
// commands and frames. When the session ends, the agent's input ends, and the agent ends its ranks.
#pragma once

#include "backend/run/transport.h"
#include "launcher/remote_programs.h"
#include "launcher/ssh_command.h"

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// What was found on a host when it was prepared.
struct HostReport {
    bool copied = false;     // the programs were not there and have been copied
    std::string version{};   // "ringscope 0.1.0": the agent's
    std::string libtorch{};  // its folder
    int cores = 0;
    int gpus = 0;
};

class SshTransport final : public Transport {
public:
    explicit SshTransport(SshOptions options = sshOptionsFromEnvironment(),
                          RemotePrograms programs = RemotePrograms::ours());

    std::string_view name() const override { return nameOf(TransportKind::Ssh); }
    Result<void> preflight(const HostSpec& host) override;
    Result<std::unique_ptr<AgentChannel>> open(const HostSpec& host) override;
    std::optional<int> gpusOf(const HostSpec& host) override;
    Result<std::string> whyUnreadable(const HostSpec& host, const std::string& path) override;
    std::string commandFor(const HostSpec& host) override;
    Result<std::string> addressOf(const HostSpec& host) override;
    bool waitForAny(const std::vector<AgentChannel*>& channels,
                    std::chrono::milliseconds timeout) override;

    // The same as preflight(), and returns what was found. May be called from several threads.
    Result<HostReport> prepare(const HostSpec& host);

private:
    struct Probe;

    Result<const HashedPrograms*> hashed();
    Result<Probe> probe(const HostSpec& host, const HashedPrograms& programs) const;
    Result<void> copy(const HostSpec& host, const HashedPrograms& programs) const;
    RemotePlace placeOf(const HashedPrograms& programs) const;

    SshOptions options_;
    RemotePrograms programs_;
    std::mutex mutex_;  // guards the members below
    std::optional<HashedPrograms> hashed_;
    std::map<std::string, HostReport> ready_;  // by the host's text
};

}  // namespace ringscope
