#include "backend/run/run_service.h"

#include "backend/config/experiment.h"
#include "backend/run/protocol.h"
#include "backend/run/run_follower.h"
#include "backend/run/sink_list.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace ringscope {
namespace {

using std::chrono::milliseconds;

// How long a Ctrl-C or a deadline may go unnoticed while no line arrives.
constexpr milliseconds attention{50};

const std::string thisMachine = HostSpec{}.name;

// The address at which the ranks of a host are reached by those of the others.
std::string addressOf(const HostSpec& host) {
    return host.name == thisMachine ? "127.0.0.1" : host.name;
}

std::vector<HostSpec> hostsOf(const RunConfig& config) {
    std::vector<HostSpec> hosts;
    for (const std::string& name : config.launch.hosts) hosts.push_back({.name = name});
    if (hosts.empty()) hosts.emplace_back();
    return hosts;
}

// Neighbouring ranks share a host: hosts take equal blocks, the first ones one more.
std::vector<std::vector<int>> placeRanks(int ranks, std::size_t hosts) {
    std::vector<std::vector<int>> placed(hosts);
    for (int rank = 0; rank < ranks; ++rank)
        placed[static_cast<std::size_t>(rank) * hosts / static_cast<std::size_t>(ranks)].push_back(
            rank);
    return placed;
}

RunRecord newRecord(const RunRequest& request, const RunClock& clock) {
    const RunPlan& plan = request.plan;
    RunRecord run;
    run.id = RunId::random();
    run.experiment = request.experiment;
    run.experimentId = request.experimentId;
    run.name = request.name;
    run.config = plan.config;
    run.computation = computationIdentity(plan.config);
    run.baseline = request.baseline;
    run.reference = request.reference;
    run.repeat = request.repeat;
    run.ranks = plan.ranks;
    run.createdUs = clock.utcMicroseconds();
    run.predictedAttentionBytesPerStep = {plan.attentionBytesPerStep};
    run.predictedGradientBytesPerStep = {plan.gradientBytesPerStep};
    run.flopsPerStep = plan.flopsPerStep;
    run.parameters = plan.parameters;
    run.notes = plan.notes;
    return run;
}

// An agent, its host and its ranks.
struct Agent {
    HostSpec host;
    std::vector<int> ranks;
    std::unique_ptr<AgentChannel> channel;  // absent: not opened, or gone
};

StartRanks startCommand(const RunRequest& request, const RunRecord& run, const Agent& agent) {
    const std::string threads = std::to_string(run.config.launch.threadsPerRank);
    StartRanks start{.run = run.id,
                     .program = request.rankProgram,
                     .ranks = {},
                     .environment = {{"OMP_NUM_THREADS", threads}, {"MKL_NUM_THREADS", threads}},
                     .configYaml = toYaml(run.config)};
    int local = 0;
    for (const int rank : agent.ranks)
        start.ranks.push_back(
            {.rank = rank,
             .arguments = {"--run", run.id.text, "--rank", std::to_string(rank), "--world",
                           std::to_string(run.ranks), "--local-rank", std::to_string(local++),
                           "--address", addressOf(agent.host)}});
    if (run.config.profile.steps && !request.traces.empty())
        for (StartRanks::Process& rank : start.ranks)
            rank.arguments.insert(rank.arguments.end(),
                                  {"--trace", (request.traces / run.id.text).string()});
    return start;
}

// One call of RunService::execute.
class Execution {
public:
    Execution(Transport& transport, SinkList& sinks, const RunLimits& limits, const RunClock& clock,
              const RunRequest& request, const std::stop_token& stop)
        : transport_(transport),
          sinks_(sinks),
          limits_(limits),
          clock_(clock),
          request_(request),
          stop_(stop),
          run_(newRecord(request, clock)) {}

    RunRecord execute() {
        follower_.emplace(run_, sinks_, limits_, clock_.now());
        sinks_.created(run_);
        run_.status = RunStatus::Starting;
        run_.startedUs = clock_.utcMicroseconds();
        if (!sinks_.failure()) sinks_.changed(run_);
        if (!sinks_.failure()) open();
        follow([this] { return follower_->decided(clock_.now()); });
        stopRanks();
        agents_.clear();  // returns when the agents, and all they started, are gone
        conclude();
        return std::move(run_);
    }

private:
    void open() {
        const std::vector<HostSpec> hosts = hostsOf(run_.config);
        const std::vector<std::vector<int>> placed = placeRanks(run_.ranks, hosts.size());
        for (std::size_t host = 0; host < hosts.size(); ++host)
            if (!placed[host].empty()) agents_.push_back({hosts[host], placed[host], nullptr});
        for (Agent& agent : agents_) open(agent);
    }

    void open(Agent& agent) {
        if (stop_.stop_requested()) follower_->cancel();
        if (follower_->decided(clock_.now()))  // nothing more is started
            return follower_->agentGone(agent.ranks, agent.host.name);
        Result<std::unique_ptr<AgentChannel>> channel = transport_.open(agent.host);
        if (!channel.ok()) {
            follower_->fail(channel.error().message);
            return follower_->agentGone(agent.ranks, agent.host.name);
        }
        agent.channel = std::move(*channel);
        send(agent, toLine(AgentCommand(startCommand(request_, run_, agent))));
    }

    // Listens to the agents until `enough`, or until none is left to listen to.
    template <typename Enough>
    void follow(Enough enough) {
        for (;;) {
            if (sinks_.failure()) follower_->fail(notKept());
            if (stop_.stop_requested()) follower_->cancel();
            follower_->checkTime(clock_.now());
            if (enough() || !listen()) return;
            if (const std::optional<int> port = follower_->takePort()) forwardPort(*port);
        }
    }

    // One word of each agent that has one, or a short wait.
    bool listen() {
        bool someone = false;
        milliseconds patience = attention;
        for (Agent& agent : agents_) {
            if (!agent.channel) continue;
            someone = true;
            if (receive(agent, patience)) patience = milliseconds(0);
        }
        return someone;
    }

    bool receive(Agent& agent, milliseconds patience) {
        using Event = AgentChannel::Event;
        Result<AgentChannel::Received> received = agent.channel->receive(patience);
        if (!received.ok()) follower_->fail(received.error().message);
        const Event event = received.ok() ? received->event : Event::Closed;
        if (event == Event::Line) takeLine(agent, received->line);
        if (event == Event::Closed) {
            follower_->agentGone(agent.ranks, agent.host.name);
            agent.channel.reset();
        }
        return event != Event::Timeout;
    }

    void takeLine(const Agent& agent, const std::string& line) {
        if (const std::optional<AgentFrame> frame = parseAgentFrame(line))
            return follower_->frame(*frame, agent.host.name, clock_.now());
        if (const std::optional<int> version = foreignVersion(line))
            follower_->fail("the agent on " + agent.host.name + " speaks protocol version " +
                            std::to_string(*version) + ", not " + std::to_string(protocolVersion) +
                            "; install the same version of ringscope there");
        follower_->logLine(-1, line);
    }

    void send(Agent& agent, const std::string& line) {
        const Result<void> sent = agent.channel->send(line);
        if (!sent.ok()) follower_->fail(sent.error().message);
    }

    // Rank 0 has the first host, and its port is reached at that host's address.
    void forwardPort(int port) {
        const Rendezvous rendezvous{.host = addressOf(agents_.front().host), .port = port};
        for (Agent& agent : agents_)
            if (agent.channel) send(agent, toLine(AgentCommand(rendezvous)));
    }

    // Agents insist after the grace; where one does not even do that, closing its channel will.
    void stopRanks() {
        if (follower_->allExited()) return;
        const AgentCommand stop = StopRanks{.graceMs = limits_.stopGrace.count()};
        for (Agent& agent : agents_)
            if (agent.channel) send(agent, toLine(stop));
        const auto end = clock_.now() + limits_.stopGrace + milliseconds(1'000);
        follow([&] { return follower_->allExited() || clock_.now() > end; });
    }

    void conclude() {
        follower_->conclude();
        if (sinks_.failure() && run_.status != RunStatus::Failed) {
            run_.status = RunStatus::Failed;
            run_.statusReason = notKept();
        }
        run_.endedUs = clock_.utcMicroseconds();
        sinks_.ended(run_);
    }

    std::string notKept() const {
        return "its results could not be kept: " + sinks_.failure()->message;
    }

    Transport& transport_;
    SinkList& sinks_;
    const RunLimits& limits_;
    const RunClock& clock_;
    const RunRequest& request_;
    const std::stop_token& stop_;
    RunRecord run_;
    std::optional<RunFollower> follower_;
    std::vector<Agent> agents_;
};

}  // namespace

std::int64_t RunClock::systemMicroseconds() {
    const auto sinceEpoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(sinceEpoch).count();
}

RunService::RunService(Transport& transport, std::vector<RunSink*> sinks, RunLimits limits,
                       RunClock clock)
    : transport_(transport), sinks_(std::move(sinks)), limits_(limits), clock_(std::move(clock)) {}

Result<RunRecord> RunService::execute(const RunRequest& request, std::stop_token stop) {
    SinkList sinks(sinks_);
    RunRecord run = Execution(transport_, sinks, limits_, clock_, request, stop).execute();
    if (sinks.failure()) return *sinks.failure();
    return run;
}

}  // namespace ringscope
