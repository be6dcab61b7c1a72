#include "tests/ui/fake_transport.h"

#include "backend/config/experiment.h"
#include "backend/core/version.h"
#include "backend/plan/run_plan.h"
#include "backend/run/protocol.h"

#include <csignal>
#include <deque>
#include <optional>

namespace ringscope::test {
namespace {

class ScriptedAgent final : public AgentChannel {
public:
    ScriptedAgent(StepGate& gate, std::string failingMode)
        : gate_(gate), failingMode_(std::move(failingMode)) {
        say(AgentHello{.host = "localhost", .pid = 1, .version = std::string(version())});
    }

    Result<void> send(std::string_view line) override {
        const std::optional<AgentCommand> command = parseAgentCommand(line);
        if (!command) return Error{ErrorCode::Failed, "not a command: " + std::string(line)};
        if (const auto* start = std::get_if<StartRanks>(&*command)) begin(*start);
        if (std::holds_alternative<StopRanks>(*command)) exitAll(0, SIGTERM);
        return {};
    }

    Result<Received> receive(std::chrono::milliseconds timeout) override {
        if (lines_.empty()) advance();
        if (lines_.empty()) gate_.wait(timeout);
        if (lines_.empty()) advance();
        if (lines_.empty()) return Received{over_ ? Event::Closed : Event::Timeout, {}};
        std::string line = std::move(lines_.front());
        lines_.pop_front();
        return Received{Event::Line, std::move(line)};
    }

private:
    void begin(const StartRanks& start) {
        const ExperimentReading reading =
            readExperiment({.fileName = "config",
                            .fileText = std::get<Training>(start.job).configYaml,
                            .environment = {},
                            .overrides = {}});
        plan_ = planRun(reading.experiment.base).value();
        ranks_ = static_cast<int>(start.ranks.size());
        for (int rank = 0; rank < ranks_; ++rank) say(RankStarted{.rank = rank, .pid = 100 + rank});
        tell(RankRendezvous{.rank = 0, .port = 4242});
        for (int rank = 0; rank < ranks_; ++rank) {
            tell(RankHello{.rank = rank, .pid = 100 + rank, .device = "cpu", .versions = "fake 1"});
            say(RankPrinted{.rank = rank, .stream = "err", .line = "warming up"});
        }
    }

    // The next step of all ranks, as far as the gate lets it through; the end after the last.
    void advance() {
        if (!plan_ || over_) return;
        if (step_ >= plan_->config.train.steps) return finish();
        if (!gate_.take()) return;
        if (plan_->config.parallel.mode == failingMode_) return exitAll(0, SIGKILL);
        for (int rank = 0; rank < ranks_; ++rank)
            tell(RankStep{.rank = rank, .step = stepRecord()});
        if (plan_->config.data.validation > 0)
            tell(RankValidation{.rank = 0,
                                .validation = {.step = step_, .loss = 5.75, .tokens = 64}});
        ++step_;
    }

    StepRecord stepRecord() const {
        const std::int64_t ms = plan_->config.parallel.mode == "legacy" ? 220 : 100;
        return {.step = step_,
                .loss = 5.5 - 0.125 * static_cast<double>(step_),
                .gradNorm = 1.5,
                .duration = std::chrono::milliseconds(ms + step_ % 3),
                .tokens = plan_->config.train.seqLen};
    }

    void finish() {
        for (int rank = 0; rank < ranks_; ++rank)
            tell(RankDone{.rank = rank,
                          .steps = step_,
                          .peakMemory = {(64LL << 20) / ranks_},
                          .attentionBytesPerStep = {plan_->attentionBytesPerStep},
                          .gradientBytesPerStep = {plan_->gradientBytesPerStep}});
        exitAll(0, 0);
    }

    void exitAll(int code, int signal) {
        if (over_) return;
        for (int rank = 0; rank < ranks_; ++rank)
            say(RankExited{.rank = rank, .code = code, .signal = signal});
        over_ = true;
    }

    void say(const AgentFrame& frame) { lines_.push_back(toLine(frame)); }
    void tell(const RankEvent& event) { say(RankSaid{event}); }

    StepGate& gate_;
    std::string failingMode_;
    std::deque<std::string> lines_;
    std::optional<RunPlan> plan_;
    int ranks_ = 0;
    std::int64_t step_ = 0;
    bool over_ = false;
};

}  // namespace

void StepGate::allow(std::int64_t steps) {
    const std::lock_guard lock(mutex_);
    allowed_ = std::min(open, allowed_ + steps);
    changed_.notify_all();
}

bool StepGate::take() {
    const std::lock_guard lock(mutex_);
    if (allowed_ == 0) return false;
    if (allowed_ != open) --allowed_;
    return true;
}

void StepGate::wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [this] { return allowed_ > 0; });
}

Result<void> FakeTransport::preflight(const HostSpec& /*host*/) { return {}; }

Result<std::unique_ptr<AgentChannel>> FakeTransport::open(const HostSpec& /*host*/) {
    if (!refusal.empty()) return Error{ErrorCode::Unavailable, refusal};
    return std::unique_ptr<AgentChannel>(std::make_unique<ScriptedAgent>(gate, failingMode));
}

}  // namespace ringscope::test
