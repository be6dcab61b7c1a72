#include "launcher/local_transport.h"

#include "backend/core/files.h"
#include "backend/core/shell.h"
#include "launcher/gpus.h"
#include "launcher/port_check.h"
#include "launcher/process_channel.h"

#include <unistd.h>
#include <utility>

namespace ringscope {
namespace {

Result<void> checkProgram(const std::filesystem::path& program) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(program, failed))
        return Error{ErrorCode::NotFound,
                     "there is no program '" + program.string() + "'; ./quickstart builds it"};
    if (::access(program.c_str(), X_OK) != 0)
        return Error{ErrorCode::Unavailable,
                     "'" + program.string() + "' cannot be executed; check its permissions"};
    return {};
}

// Ranks of this machine meet there. Where its network is down, they would try for minutes.
Result<void> checkLoopback() {
    PortCheck check;
    RINGSCOPE_TRY(const int port, check.listen("127.0.0.1"));
    const Result<void> reached = PortCheck::reach("127.0.0.1", port);
    if (reached.ok()) return {};
    return Error{ErrorCode::Unavailable,
                 "this machine does not reach itself, so its ranks could not meet: " +
                     reached.error().message + "; bring the loopback up: ip link set lo up"};
}

}  // namespace

LocalTransport::LocalTransport(LocalTransportOptions options) : options_(std::move(options)) {
    if (options_.agentProgram.empty()) options_.agentProgram = programDirectory() / "ringscope";
}

Result<void> LocalTransport::checkHost(const HostSpec& host) const {
    if (host.name == HostSpec{}.name) return {};
    return Error{ErrorCode::InvalidConfig,
                 "transport local starts ranks on this machine only; got "
                 "host '" +
                     host.name + "'"};
}

Result<void> LocalTransport::preflight(const HostSpec& host) {
    RINGSCOPE_CHECK(checkHost(host));
    RINGSCOPE_CHECK(checkProgram(options_.agentProgram));
    RINGSCOPE_CHECK(checkProgram(options_.agentProgram.parent_path() / "ringscope-rank"));
    return checkLoopback();
}

Result<std::unique_ptr<AgentChannel>> LocalTransport::open(const HostSpec& host) {
    RINGSCOPE_CHECK(checkHost(host));
    RINGSCOPE_CHECK(checkProgram(options_.agentProgram));
    RINGSCOPE_TRY(std::unique_ptr<AgentChannel> channel,
                  startProcessChannel({.program = options_.agentProgram,
                                       .arguments = options_.agentArguments,
                                       .closeGrace = options_.closeGrace}));
    return channel;
}

std::optional<int> LocalTransport::gpusOf(const HostSpec&) {
    const GpuReport gpus = findGpus();
    if (!gpus.known) return std::nullopt;
    return static_cast<int>(gpus.models.size());
}

std::string LocalTransport::commandFor(const HostSpec&) {
    std::vector<std::string> words = {options_.agentProgram.string()};
    words.insert(words.end(), options_.agentArguments.begin(), options_.agentArguments.end());
    return commandLine(words);
}

}  // namespace ringscope
