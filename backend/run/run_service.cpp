#include "backend/run/run_service.h"

#include "backend/config/experiment.h"
#include "backend/core/text.h"
#include "backend/plan/adapter_plan.h"
#include "backend/plan/placement.h"
#include "backend/plan/plan_hash.h"
#include "backend/plan/recording.h"
#include "backend/run/host_clock.h"
#include "backend/run/overlap.h"
#include "backend/run/protocol.h"
#include "backend/run/run_follower.h"
#include "backend/run/sink_list.h"
#include "backend/run/trace_inbox.h"
#include "backend/run/training_checkpoint.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace ringscope {
namespace {

using std::chrono::milliseconds;

// How long a Ctrl-C or a deadline may go unnoticed while no line arrives.
constexpr milliseconds attention{50};

// Rounds of pings that hold the clocks of several hosts against each other, and how long they may
// take: an agent answers first when it has been started. Of a round the quickest ping counts, and
// on a busy host few are quick; so there are many, also while the ranks train.
constexpr int pingsPerRound = 40;
constexpr milliseconds pingLimit{20'000};
constexpr milliseconds betweenPings{200};
constexpr int pingsOfARoundInTraining = 25;

bool isLoopback(const std::string& address) {
    return address == "localhost" || address == "::1" || address.starts_with("127.");
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
    if (std::holds_alternative<Training>(request.job))
        run.trainedParameters = trainedParameters(plan);
    run.notes = plan.notes;
    run.environment.origin = request.origin;
    if (request.resume) {
        run.continues = Continuation{RunId{request.resume->run}, request.resume->step};
        run.notes.push_back("continues run " + request.resume->run.substr(0, 8) + " from step " +
                            std::to_string(request.resume->step) + " (" +
                            request.resume->checkpoint.string() + ")");
    }
    if (request.predict) {
        Result<RunPrediction> said = request.predict(plan);
        if (said.ok())
            run.prediction = *std::move(said);
        else
            run.unpredicted = said.error().message;
    }
    return run;
}

// Why the prediction is of something else than what ran, which only its ranks knew; else empty.
std::string whyOther(const RunRecord& run) {
    if (!run.device.empty() && run.device != "cpu")
        return "it ran on " + run.device + ", and this machine's CPU was calibrated";
    for (const HostFacts& facts : run.environment.hosts)
        if (!facts.processor.empty() && facts.processor != run.prediction->processor)
            return "it ran on " + facts.processor + ", and " + run.prediction->processor +
                   " was calibrated; run: ringscope calibrate";
    return {};
}

bool isTraced(const RunRequest& request) {
    return !request.traces.empty() && !recordedRanks(request.plan).empty();
}

// An agent, its host and its ranks.
struct Agent {
    HostSpec host;
    std::vector<int> ranks;
    std::unique_ptr<AgentChannel> channel;  // absent: not opened, or gone
    std::string address{};                  // where other ranks reach these
    std::string clockName{};                // AgentHello::clock
    HostClock clock{};
    std::optional<std::int64_t> pingedAt{};  // the pong is still to come; ns on our clock

    bool elsewhere() const { return !host.isThisMachine(); }
};

ExpectedWork expectedOf(const RunRequest& request, const std::optional<ResumePoint>& resume) {
    if (!std::holds_alternative<Training>(request.job)) return {};
    const LaunchConfig& launch = request.plan.config.launch;
    return {.firstStep = resume ? resume->step : 0,
            .steps = request.plan.config.train.steps,
            .planHash = planHash(request.plan),
            .stall = milliseconds(static_cast<std::int64_t>(launch.stallSeconds * 1000)),
            .onStall = launch.onStall};
}

// The rank that a frame is about; nothing where it is about the agent itself.
std::optional<int> rankIn(const AgentFrame& frame) {
    return std::visit(
        [](const auto& about) -> std::optional<int> {
            if constexpr (requires { about.rank; })
                return about.rank;
            else if constexpr (requires { about.event; })
                return rankOf(about.event);
            else
                return std::nullopt;
        },
        frame);
}

// What tells a rank that its job is no training.
std::string_view optionOf(const Job& job) {
    if (std::holds_alternative<Verification>(job)) return "--verify";
    if (std::holds_alternative<Generation>(job)) return "--generate";
    return std::holds_alternative<Evaluation>(job) ? "--evaluate" : "";
}

bool writesCheckpoints(const RunRequest& request) {
    return request.plan.config.checkpoint.every > 0 &&
           std::holds_alternative<Training>(request.job);
}

Training trainingOf(const RunRequest& request, const RunRecord& run,
                    const std::optional<ResumePoint>& resume) {
    Training training{.configYaml = toYaml(run.config)};
    if (run.config.checkpoint.atEnd && !request.weights.empty())
        training.weights = (request.weights / run.id.text).string();
    if (writesCheckpoints(request))
        training.checkpoints = checkpointFolder(run.config.checkpoint, run.id.text).string();
    if (resume) training.resume = resume->checkpoint.string();
    return training;
}

// Steps that an earlier try has done are not recorded again.
bool isStillTraced(const RunRequest& request, const std::optional<ResumePoint>& resume) {
    const std::optional<StepRange>& steps = request.plan.config.profile.steps;
    return isTraced(request) && (!resume || (steps && resume->step <= steps->begin));
}

StartRanks startCommand(const RunRequest& request, const RunRecord& run, const Agent& agent,
                        const std::string& secret, const std::optional<ResumePoint>& resume) {
    const std::string threads = std::to_string(run.config.launch.threadsPerRank);
    StartRanks start{.run = run.id,
                     .program = request.rankProgram,
                     .ranks = {},
                     .environment = {{"OMP_NUM_THREADS", threads}, {"MKL_NUM_THREADS", threads}},
                     .job = request.job,
                     .secret = secret,
                     .address = agent.address};
    if (auto* training = std::get_if<Training>(&start.job))
        *training = trainingOf(request, run, resume);
    int local = 0;
    for (const int rank : agent.ranks)
        start.ranks.push_back({.rank = rank,
                               .arguments = {"--run", run.id.text, "--rank", std::to_string(rank),
                                             "--world", std::to_string(run.ranks), "--local-rank",
                                             std::to_string(local++), "--address", agent.address}});
    if (const std::string_view option = optionOf(request.job); !option.empty())
        for (StartRanks::Process& rank : start.ranks) rank.arguments.emplace_back(option);
    const bool traced = isStillTraced(request, resume);
    start.sendTraces = traced && agent.elsewhere();
    if (traced && !agent.elsewhere())
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
          resume_(request.resume),
          run_(newRecord(request, clock)),
          inbox_(request.traces / run_.id.text) {}

    RunRecord execute() {
        newFollower();
        sinks_.created(run_);
        run_.startedUs = clock_.utcMicroseconds();
        attempt();
        while (mayTryAgain()) {
            prepareNextTry();
            attempt();
        }
        conclude();
        return std::move(run_);
    }

private:
    void newFollower() {
        follower_.emplace(run_, expectedOf(request_, resume_), sinks_, limits_, clock_.now());
    }

    // Starts the ranks and follows them until none is left.
    void attempt() {
        run_.status = RunStatus::Starting;
        if (!sinks_.failure()) sinks_.changed(run_);
        if (!sinks_.failure()) open();
        compareClocks();
        follow([this] {
            pingNowAndThen();
            return follower_->decided(clock_.now());
        });
        if (follower_->allExited()) compareClocks();
        stopRanks();
        keepClocks();
        agents_.clear();  // returns when the agents, and all they started, are gone
    }

    bool mayTryAgain() const {
        return tries_ <= run_.config.launch.retries && follower_->rankEnded() &&
               std::holds_alternative<Training>(request_.job) && !stop_.stop_requested() &&
               !sinks_.failure();
    }

    // From the newest checkpoint that the run has written, else from where it began.
    void prepareNextTry() {
        ++tries_;
        if (const std::optional<ResumePoint> newest = newestOfRun()) resume_ = newest;
        const std::int64_t next = resume_ ? resume_->step : 0;
        const std::int64_t lost = std::max<std::int64_t>(0, follower_->nextStep() - next);
        run_.lostSteps += lost;
        const std::string sentence =
            "try " + std::to_string(tries_) + " of " +
            std::to_string(run_.config.launch.retries + 1) + " begins at step " +
            std::to_string(next) + ", and " + std::to_string(lost) +
            (lost == 1 ? " step is" : " steps are") + " lost: " + follower_->reason();
        run_.notes.push_back(sentence);
        follower_->logLine(-1, sentence);
        follower_->endLog();
        run_.rankRecords.clear();
        newFollower();
    }

    std::optional<ResumePoint> newestOfRun() const {
        if (!writesCheckpoints(request_)) return std::nullopt;
        const std::vector<StoredCheckpoint> found =
            checkpointsIn(checkpointFolder(run_.config.checkpoint, run_.id.text));
        if (found.empty()) return std::nullopt;
        return ResumePoint{found.front().folder, found.front().step, run_.id.text};
    }

    void open() {
        const Result<void> placed = placeAgents();
        if (!placed.ok()) {
            follower_->fail(placed.error().message);
            std::vector<int> all(static_cast<std::size_t>(run_.ranks));
            std::iota(all.begin(), all.end(), 0);
            return follower_->agentGone(all, "any host");
        }
        for (Agent& agent : agents_) open(agent);
    }

    Result<void> placeAgents() {
        RINGSCOPE_TRY(const std::vector<HostSpec> hosts, launchHosts(run_.config.launch));
        RINGSCOPE_TRY(const std::vector<std::vector<int>> placed, placeRanks(run_.ranks, hosts));
        std::vector<Agent> agents;
        for (std::size_t host = 0; host < hosts.size(); ++host) {
            if (placed[host].empty()) continue;
            RINGSCOPE_TRY(std::string address, transport_.addressOf(hosts[host]));
            agents.push_back({hosts[host], placed[host], nullptr, std::move(address)});
        }
        const auto loopback = [](const Agent& agent) { return isLoopback(agent.address); };
        const auto onlyHere = std::ranges::find_if(agents, loopback);
        if (onlyHere != agents.end() && !std::ranges::all_of(agents, loopback))
            return Error{ErrorCode::InvalidConfig,
                         "other hosts do not reach " + onlyHere->host.name + " at " +
                             onlyHere->address + "; say where they do: " + onlyHere->host.name +
                             "/addr=ADDRESS"};
        agents_ = std::move(agents);
        return {};
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
        send(agent, toLine(AgentCommand(startCommand(request_, run_, agent, secret_, resume_))));
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

    // One word of each agent that has one, or a short wait. False: there is no agent any more.
    bool listen() {
        std::vector<AgentChannel*> channels;
        for (Agent& agent : agents_)
            if (agent.channel) channels.push_back(agent.channel.get());
        if (channels.empty()) return false;
        const bool several = channels.size() > 1;
        bool heard = false;
        for (Agent& agent : agents_)
            if (agent.channel)
                heard = receive(agent, several ? milliseconds(0) : attention) || heard;
        if (!several || heard || transport_.waitForAny(channels, attention)) return true;
        for (Agent& agent : agents_)
            if (agent.channel) receive(agent, attention / std::ssize(channels));
        return true;
    }

    bool receive(Agent& agent, milliseconds patience) {
        using Event = AgentChannel::Event;
        Result<AgentChannel::Received> received = agent.channel->receive(patience);
        if (!received.ok()) {
            follower_->lost(agent.ranks, received.error().message, clock_.now());
            agent.channel.reset();
            return true;
        }
        if (received->event == Event::Line) takeLine(agent, received->line);
        if (received->event == Event::Closed) {
            follower_->agentGone(agent.ranks, agent.host.name);
            agent.channel.reset();
        }
        return received->event != Event::Timeout;
    }

    void takeLine(Agent& agent, const std::string& line) {
        const std::optional<AgentFrame> frame = parseAgentFrame(line);
        if (frame && !speaksForItsOwn(agent, *frame)) return;
        if (const auto* pong = frame ? std::get_if<Pong>(&*frame) : nullptr)
            return takePong(agent, *pong);
        if (const auto* chunk = frame ? std::get_if<TraceChunk>(&*frame) : nullptr)
            return takeTrace(agent, *chunk);
        if (const auto* hello = frame ? std::get_if<AgentHello>(&*frame) : nullptr)
            agent.clockName = hello->clock;
        if (frame) return follower_->handle(*frame, agent.host.name, clock_.now());
        if (const std::optional<int> version = foreignVersion(line))
            follower_->fail("the agent on " + agent.host.name + " speaks protocol version " +
                            std::to_string(*version) + ", not " + std::to_string(protocolVersion) +
                            "; install the same version of ringscope there");
        follower_->logLine(-1, line);
    }

    // A host decides nothing about the ranks of others.
    bool speaksForItsOwn(const Agent& agent, const AgentFrame& frame) {
        const std::optional<int> rank = rankIn(frame);
        if (!rank || std::ranges::find(agent.ranks, *rank) != agent.ranks.end()) return true;
        const bool another = *rank >= 0 && *rank < run_.ranks;
        if (!another) return true;  // the follower fails the run: the agent is broken
        follower_->logLine(-1, "the agent on " + agent.host.name + " spoke of rank " +
                                   std::to_string(*rank) + ", which is not its own; ignored");
        return false;
    }

    // A trace that cannot be kept costs the trace, not the training.
    void takeTrace(const Agent& agent, const TraceChunk& chunk) {
        if (!agent.elsewhere() || !isTraced(request_) || lostTraces_.contains(chunk.rank)) return;
        const Result<void> kept = inbox_.add(chunk);
        if (kept.ok()) return;
        lostTraces_.insert(chunk.rank);
        run_.notes.push_back("rank " + std::to_string(chunk.rank) +
                             " has no trace: " + kept.error().message);
    }

    void send(Agent& agent, const std::string& line) {
        const Result<void> sent = agent.channel->send(line);
        if (!sent.ok()) follower_->fail(sent.error().message);
    }

    // Rank 0 has the first host, and its port is reached at that host's address.
    void forwardPort(int port) {
        const Rendezvous rendezvous{.host = agents_.front().address, .port = port};
        for (Agent& agent : agents_)
            if (agent.channel) send(agent, toLine(AgentCommand(rendezvous)));
    }

    std::int64_t ourNanoseconds() const {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.now().time_since_epoch())
            .count();
    }

    void takePong(Agent& agent, const Pong& pong) {
        if (!agent.pingedAt) return;
        agent.clock.add(*std::exchange(agent.pingedAt, std::nullopt), ourNanoseconds(),
                        pong.monotonicNs);
    }

    // Two names of one machine have one clock, which needs no comparison.
    bool sharesTheReferenceClock(const Agent& agent) const {
        return &agent == &agents_.front() ||
               (!agent.clockName.empty() && agent.clockName == agents_.front().clockName);
    }
    bool comparesClocks() const {
        return isTraced(request_) && !std::ranges::all_of(agents_, [this](const Agent& agent) {
                   return sharesTheReferenceClock(agent);
               });
    }

    void ping(Agent& agent) {
        agent.pingedAt = ourNanoseconds();
        send(agent, toLine(AgentCommand(Ping{.id = ++pings_})));
    }

    // Before and after the training, so that the clocks' drift can be seen as well.
    void compareClocks() {
        const auto end = clock_.now() + pingLimit;
        for (Agent& agent : agents_) agent.clock.nextRound();
        for (int round = 0; round < pingsPerRound && comparesClocks(); ++round) {
            for (Agent& agent : agents_) {
                if (!agent.channel || agent.pingedAt || clock_.now() > end) continue;
                ping(agent);
                follow([&] { return !agent.pingedAt || !agent.channel || clock_.now() > end; });
            }
        }
        for (Agent& agent : agents_) agent.clock.nextRound();
        nextPing_ = clock_.now() + betweenPings;
    }

    void pingNowAndThen() {
        if (clock_.now() < nextPing_ || !comparesClocks()) return;
        nextPing_ = clock_.now() + betweenPings;
        if (++sinceRound_ % pingsOfARoundInTraining == 0)
            for (Agent& agent : agents_) agent.clock.nextRound();
        for (Agent& agent : agents_)
            if (agent.channel && !agent.pingedAt) ping(agent);
    }

    // Traces of this machine were written by the ranks themselves, on the reference clock.
    void keepClocks() {
        for (const Agent& agent : agents_) {
            for (const int rank : agent.ranks) {
                if (sharesTheReferenceClock(agent)) continue;
                const Result<void> kept =
                    inbox_.addClock(rank, agent.clock.against(agents_.front().clock));
                if (!kept.ok())
                    run_.notes.push_back("the trace of rank " + std::to_string(rank) +
                                         " has no clock: " + kept.error().message);
            }
        }
    }

    // Agents insist after the grace; where one does not even do that, closing its channel will.
    void stopRanks() {
        if (follower_->allExited()) return;
        // Ranks that write checkpoints finish their step, and write one, when they are asked to.
        const bool leaves = stop_.stop_requested() && writesCheckpoints(request_);
        const milliseconds grace = leaves ? limits_.leaveGrace : limits_.stopGrace;
        const AgentCommand stop = StopRanks{.graceMs = grace.count()};
        for (Agent& agent : agents_)
            if (agent.channel) send(agent, toLine(stop));
        const auto end = clock_.now() + grace + milliseconds(1'000);
        follow([&] { return follower_->allExited() || clock_.now() > end; });
        for (const Agent& agent : agents_)
            if (agent.channel && !follower_->exited(agent.ranks)) deaf_.push_back(agent.host.name);
    }

    void conclude() {
        follower_->conclude();
        if (const std::optional<ResumePoint> newest = newestOfRun();
            newest && run_.status != RunStatus::Finished)
            sayHowItGoesOn(*newest);
        if (run_.status == RunStatus::Finished) noteLostCheckpoint();
        if (!deaf_.empty())
            run_.notes.push_back(
                join(deaf_, " and ") +
                " did not answer when the ranks were to stop: processes may be left there");
        if (sinks_.failure() && run_.status != RunStatus::Failed) {
            run_.status = RunStatus::Failed;
            run_.statusReason = notKept();
        }
        run_.endedUs = clock_.utcMicroseconds();
        if (run_.status == RunStatus::Finished && isTraced(request_)) addOverlap();
        if (run_.prediction) run_.unpredicted = whyOther(run_);
        if (!run_.unpredicted.empty()) run_.prediction.reset();
        sinks_.ended(run_);
    }

    // Of ranks on this machine: on another one's disk this program cannot look.
    void noteLostCheckpoint() {
        if (!writesCheckpoints(request_) || run_.steps.empty() ||
            run_.config.launch.transport != TransportKind::Local)
            return;
        const std::int64_t every = run_.config.checkpoint.every;
        const std::int64_t due = (run_.steps.back().step + 1) / every * every;
        if (due <= run_.steps.front().step) return;
        const std::optional<ResumePoint> newest = newestOfRun();
        if (newest && newest->step >= due) return;
        run_.notes.push_back("the checkpoint of step " + std::to_string(due) + " is not in '" +
                             checkpointFolder(run_.config.checkpoint, run_.id.text).string() +
                             "'; `ringscope runs show " + run_.id.text.substr(0, 8) +
                             " --log` says why");
    }

    void sayHowItGoesOn(const ResumePoint& newest) {
        const std::string sentence = "`ringscope run --resume " + run_.id.text.substr(0, 8) +
                                     "` goes on from the checkpoint of step " +
                                     std::to_string(newest.step);
        if (run_.status == RunStatus::Cancelled)
            run_.statusReason = "stopped; " + sentence;
        else
            run_.notes.push_back(sentence);
    }

    // A trace that cannot be read takes nothing from the run but these figures.
    void addOverlap() {
        Result<RecordedOverlap> overlap = readOverlap(request_.traces / run_.id.text);
        if (!overlap.ok())
            return run_.notes.push_back("no figures of overlap: " + overlap.error().message);
        run_.overlap = overlap->figures;
        if (!overlap->unsplit.empty()) run_.notes.push_back(overlap->unsplit);
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
    std::optional<ResumePoint> resume_;  // of this try
    std::int64_t tries_ = 1;
    RunRecord run_;
    const std::string secret_ = RunId::random().text;
    std::optional<RunFollower> follower_;
    std::vector<Agent> agents_;  // the first one has rank 0
    TraceInbox inbox_;
    std::set<int> lostTraces_;       // ranks
    std::vector<std::string> deaf_;  // hosts whose agents did not say that their ranks have ended
    std::int64_t pings_ = 0;
    int sinceRound_ = 0;
    std::chrono::steady_clock::time_point nextPing_{};
};

}  // namespace

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
