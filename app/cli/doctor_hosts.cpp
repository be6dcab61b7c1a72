#include "app/cli/doctor_hosts.h"

#include "backend/config/host_list.h"
#include "backend/core/text.h"
#include "backend/report/run_json.h"
#include "backend/run/protocol.h"
#include "launcher/ssh_transport.h"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

namespace ringscope::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds answerTakes{15'000};
constexpr int pings = 8;

struct ClockOffset {
    double ms = 0;  // theirs - ours
    double errorMs = 0;
};

struct HostState {
    HostSpec host;
    std::string problem{};  // the first one; empty: fine
    std::string address{};
    HostReport report{};
    std::optional<ClockOffset> clock{};
    bool reachesRankZero = false;
    std::unique_ptr<AgentChannel> agent{};
};

Result<std::vector<HostSpec>> readHosts(const std::string& words) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(words, ignored)) return readHostfile(words);
    return parseHosts(split(words, ','));
}

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
    RINGSCOPE_TRY(state.report, ssh.prepare(state.host));
    RINGSCOPE_TRY(state.address, ssh.addressOf(state.host));
    RINGSCOPE_TRY(state.agent, ssh.open(state.host));
    RINGSCOPE_TRY(state.clock, clockOf(state));
    return {};
}

// Rank 0 will be on the first host; all others have to reach a port of it.
Result<void> tryPort(std::vector<HostState>& states) {
    HostState& first = states.front();
    RINGSCOPE_TRY(const Listening listening,
                  askAgent<Listening>(first, ListenAt{.address = first.address}));
    if (!listening.problem.empty())
        return Error{ErrorCode::Unavailable, first.host.name + ": " + listening.problem};
    for (HostState& state : states) {
        if (!state.problem.empty()) continue;
        const Result<Reached> reached =
            askAgent<Reached>(state, Reach{.host = first.address, .port = listening.port});
        state.problem = reached.ok() ? reached->problem : reached.error().message;
        state.reachesRankZero = state.problem.empty();
    }
    return {};
}

void print(const std::vector<HostState>& states) {
    std::size_t name = 4;
    for (const HostState& state : states) name = std::max(name, toText(state.host).size());
    std::cout << fmt::format("      {:<{}}  {:>5}  {:>5}  {:>4}  {:<15}  {:>18}  {}\n", "host",
                             name, "slots", "cores", "gpus", "address", "clock", "programs");
    for (const HostState& state : states) {
        const std::string clock =
            state.clock ? fmt::format("{:+.1f} ± {:.1f} ms", state.clock->ms, state.clock->errorMs)
                        : "–";
        const std::string slots =
            state.host.slots > 0 ? std::to_string(state.host.slots) : std::string("–");
        std::cout << fmt::format("{}  {:<{}}  {:>5}  {:>5}  {:>4}  {:<15}  {:>18}  {}\n",
                                 state.problem.empty() ? "ok  " : "FAIL", toText(state.host), name,
                                 slots, state.report.cores, state.report.gpus, state.address, clock,
                                 state.report.version.empty() ? "–"
                                 : state.report.copied        ? "copied now"
                                                              : "there");
    }
    for (const HostState& state : states)
        if (!state.problem.empty()) std::cout << state.host.name << ": " << state.problem << '\n';
    if (std::ranges::all_of(states, [](const HostState& state) { return state.problem.empty(); }))
        std::cout << "every host reaches a port of " << states.front().host.name
                  << ", where rank 0 will be\n";
}

void printJson(const std::vector<HostState>& states, bool ok) {
    nlohmann::json object = {
        {"schema_version", jsonSchemaVersion}, {"ok", ok}, {"hosts", nlohmann::json::array()}};
    for (const HostState& state : states) {
        nlohmann::json row = {{"name", state.host.name},
                              {"slots", state.host.slots},
                              {"ok", state.problem.empty()},
                              {"problem", state.problem},
                              {"address", state.address},
                              {"version", state.report.version},
                              {"copied", state.report.copied},
                              {"libtorch", state.report.libtorch},
                              {"cores", state.report.cores},
                              {"gpus", state.report.gpus},
                              {"reaches_rank_0", state.reachesRankZero},
                              {"clock", nullptr}};
        if (state.clock)
            row["clock"] = {{"offset_ms", state.clock->ms}, {"error_ms", state.clock->errorMs}};
        object["hosts"].push_back(std::move(row));
    }
    std::cout << object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

}  // namespace

int doctorHosts(const std::string& hosts, bool json) {
    Result<std::vector<HostSpec>> named = readHosts(hosts);
    if (!named.ok()) return fail(named.error());
    SshTransport ssh;
    std::vector<HostState> states;
    for (HostSpec& host : *named) {
        host.transport = TransportKind::Ssh;
        HostState& state = states.emplace_back(HostState{.host = host});
        const Result<void> looked = look(state, ssh);
        if (!looked.ok()) state.problem = looked.error().message;
    }
    if (states.front().problem.empty()) {
        const Result<void> tried = tryPort(states);
        if (!tried.ok()) states.front().problem = tried.error().message;
    }
    const bool ok =
        std::ranges::all_of(states, [](const HostState& state) { return state.problem.empty(); });
    if (json) {
        printJson(states, ok);
    } else {
        print(states);
    }
    return ok ? Ok : PreflightFailed;
}

}  // namespace ringscope::cli
