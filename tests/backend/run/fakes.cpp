#include "tests/backend/run/fakes.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace ringscope::test {
namespace {

using std::chrono::milliseconds;

class FakeChannel final : public AgentChannel {
public:
    explicit FakeChannel(Script& script) : script_(script) { ++script_.channelsOpen; }
    ~FakeChannel() override { --script_.channelsOpen; }

    Result<void> send(std::string_view line) override {
        if (!script_.sendFailure.empty()) return Error{ErrorCode::Failed, script_.sendFailure};
        const std::optional<AgentCommand> command = parseAgentCommand(line);
        if (!command) return Error{ErrorCode::Failed, "no command: " + std::string(line)};
        script_.commands.push_back(*command);
        if (script_.onCommand) script_.onCommand(*command, script_);
        return {};
    }

    Result<Received> receive(milliseconds timeout) override { return script_.next(timeout); }

private:
    Script& script_;
};

}  // namespace

Script& Script::saysLine(std::string line) {
    entries_.push_back({{AgentChannel::Event::Line, std::move(line)}, {}});
    return *this;
}

Script& Script::passes(milliseconds time) {
    entries_.push_back({{AgentChannel::Event::Timeout, ""}, time});
    return *this;
}

Script& Script::closes() {
    entries_.push_back({{AgentChannel::Event::Closed, ""}, {}});
    return *this;
}

AgentChannel::Received Script::next(milliseconds timeout) {
    onReceive();
    if (entries_.empty()) {
        now_ += timeout;
        return {};
    }
    Entry& entry = entries_.front();
    const milliseconds wait = std::min(timeout, entry.delay);
    now_ += wait;
    entry.delay -= wait;
    if (entry.delay > milliseconds(0)) return {};
    AgentChannel::Received received = std::move(entry.received);
    if (received.event != AgentChannel::Event::Closed) entries_.pop_front();
    return received;
}

RunClock Script::clock() {
    RunClock clock;
    clock.now = [this] { return std::chrono::steady_clock::time_point(now_); };
    clock.utcMicroseconds = [this] { return 1'000'000 + now_.count() * 1'000; };
    return clock;
}

Result<std::unique_ptr<AgentChannel>> FakeTransport::open(const HostSpec&) {
    if (!script_.openFailure.empty()) return Error{ErrorCode::Unavailable, script_.openFailure};
    return std::unique_ptr<AgentChannel>(std::make_unique<FakeChannel>(script_));
}

Result<void> RecordingSink::step(const RunRecord& run, const StepRecord& step) {
    return note("step " + std::to_string(step.step), run);
}

Result<void> RecordingSink::logLine(const RunRecord&, int rank, std::string_view line) {
    log.push_back(std::to_string(rank) + ": " + std::string(line));
    return {};
}

Result<void> RecordingSink::note(const std::string& word, const RunRecord& run) {
    told.push_back(word);
    if (isFinal(run.status)) final.push_back(run);
    if (word == failsAt) return Error{ErrorCode::Failed, "the disk is full"};
    return {};
}

RunRequest smallRequest(int ranks, std::int64_t steps) {
    RunConfig config;
    config.train.steps = steps;
    config.train.seqLen = 64;
    config.parallel.sp = ranks;
    config.parallel.mode = ranks == 1 ? "none" : "ring";
    RunPlan plan = planRun(config).value();
    return {.plan = std::move(plan), .experiment = "small", .experimentId = "e", .name = "small"};
}

RankStep stepOf(int rank, std::int64_t step, double loss) {
    return {.rank = rank,
            .step = {.step = step,
                     .loss = loss,
                     .gradNorm = 1,
                     .duration = milliseconds(10 + rank),
                     .tokens = 64}};
}

void saysHello(Script& script, int ranks) {
    script.says(RankSaid{RankRendezvous{.rank = 0, .port = 4242}});
    for (int rank = 0; rank < ranks; ++rank) {
        script.says(RankStarted{.rank = rank, .pid = 100 + rank});
        script.says(RankSaid{RankHello{
            .rank = rank, .pid = 100 + rank, .device = "cpu", .versions = "torch 2, gloo"}});
    }
}

void saysSteps(Script& script, int ranks, std::int64_t first, std::int64_t last) {
    for (std::int64_t step = first; step < last; ++step)
        for (int rank = 0; rank < ranks; ++rank)
            script.says(RankSaid{stepOf(rank, step, 5.0 - static_cast<double>(step) / 10)});
}

void saysDone(Script& script, int ranks, std::int64_t steps) {
    for (int rank = 0; rank < ranks; ++rank)
        script.says(RankSaid{RankDone{.rank = rank,
                                      .steps = steps,
                                      .peakMemory = {1'000 + rank},
                                      .attentionBytesPerStep = {64},
                                      .gradientBytesPerStep = {32}}});
}

void exitsWell(Script& script, int ranks) {
    for (int rank = 0; rank < ranks; ++rank) script.says(RankExited{.rank = rank});
}

void saysAWholeRun(Script& script, int ranks, std::int64_t steps) {
    saysHello(script, ranks);
    saysSteps(script, ranks, 0, steps);
    saysDone(script, ranks, steps);
    exitsWell(script, ranks);
}

void endsWhenStopped(Script& script, int ranks) {
    script.onCommand = [ranks](const AgentCommand& command, Script& agent) {
        if (!std::holds_alternative<StopRanks>(command)) return;
        for (int rank = 0; rank < ranks; ++rank)
            agent.says(RankExited{.rank = rank, .signal = SIGTERM});
    };
}

}  // namespace ringscope::test
