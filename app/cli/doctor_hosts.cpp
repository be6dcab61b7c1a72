#include "app/cli/doctor_hosts.h"

#include "app/cli/console.h"
#include "app/cli/hosts_option.h"
#include "backend/config/host_list.h"
#include "backend/report/doctor_text.h"
#include "backend/run/protocol.h"
#include "launcher/ssh_transport.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

namespace ringscope::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds answerTakes{15'000};
constexpr int pings = 8;

// A host while it is looked at.
struct HostState {
    HostSpec host;
    HostCheck check;
    std::unique_ptr<AgentChannel> agent{};
};

bool usable(const HostState& state) { return state.check.problem.empty(); }

// The agent's answer of this kind.
template <typename Frame>
Result<Frame> askAgent(HostState& state, const AgentCommand& command) {
    RINGSCOPE_CHECK(state.agent->send(toLine(command)));
    const auto end = steady_clock::now() + answerTakes;
    while (steady_clock::now() < end) {
        RINGSCOPE_TRY(const AgentChannel::Received received,
                      state.agent->receive(milliseconds(100)));
        if (received.event == AgentChannel::Event::Closed) break;
        const std::optional<AgentFrame> frame = parseAgentFrame(received.line);
        if (const auto* wanted = frame ? std::get_if<Frame>(&*frame) : nullptr) return *wanted;
    }
    return Error{ErrorCode::Unavailable, "the agent on " + state.host.name + " does not answer"};
}

std::int64_t utcNs() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// The quickest of a few pings says it best.
Result<ClockOffset> clockOf(HostState& state) {
    std::optional<ClockOffset> best;
    for (int ping = 0; ping < pings; ++ping) {
        const std::int64_t sent = utcNs();
        RINGSCOPE_TRY(const Pong pong, askAgent<Pong>(state, Ping{.id = ping}));
        const double took = static_cast<double>(utcNs() - sent) / 1e6;
        const double offset = static_cast<double>(pong.utcNs - sent) / 1e6 - took / 2;
        if (!best || took / 2 < best->errorMs) best = {offset, took / 2};
    }
    return *best;
}

Result<void> look(HostState& state, SshTransport& ssh) {
    RINGSCOPE_TRY(const HostReport report, ssh.prepare(state.host));
    state.check.version = report.version;
    state.check.copied = report.copied;
    state.check.libtorch = report.libtorch;
    state.check.cores = report.cores;
    state.check.gpus = report.gpus;
    RINGSCOPE_TRY(state.check.address, ssh.addressOf(state.host));
    RINGSCOPE_TRY(state.agent, ssh.open(state.host));
    RINGSCOPE_TRY(state.check.clock, clockOf(state));
    return {};
}

// Rank 0 will be on the first host; all others have to reach a port of it.
Result<void> tryPort(std::vector<HostState>& states) {
    HostState& first = states.front();
    RINGSCOPE_TRY(const Listening listening,
                  askAgent<Listening>(first, ListenAt{.address = first.check.address}));
    if (!listening.problem.empty())
        return Error{ErrorCode::Unavailable, first.host.name + ": " + listening.problem};
    for (HostState& state : states) {
        if (!usable(state)) continue;
        const Result<Reached> reached =
            askAgent<Reached>(state, Reach{.host = first.check.address, .port = listening.port});
        state.check.problem = reached.ok() ? reached->problem : reached.error().message;
        state.check.reachesRankZero = usable(state);
    }
    return {};
}

}  // namespace

int doctorHosts(const std::string& hosts, bool json) {
    Result<std::vector<HostSpec>> named = hostsNamed(hosts);
    if (!named.ok()) return fail(named.error());
    SshTransport ssh;
    std::vector<HostState> states;
    for (HostSpec& host : *named) {
        host.transport = TransportKind::Ssh;
        HostState& state = states.emplace_back(
            HostState{.host = host,
                      .check = {.name = host.name, .slots = host.slots, .label = toText(host)}});
        const Result<void> looked = look(state, ssh);
        if (!looked.ok()) state.check.problem = looked.error().message;
    }
    if (usable(states.front())) {
        const Result<void> tried = tryPort(states);
        if (!tried.ok()) states.front().check.problem = tried.error().message;
    }
    std::vector<HostCheck> checks;
    for (const HostState& state : states) checks.push_back(state.check);
    if (json)
        printData(hostsJson(checks));
    else
        printText(hostsText(checks));
    return std::ranges::all_of(states, usable) ? Ok : PreflightFailed;
}

}  // namespace ringscope::cli
