// A run's surroundings without processes: a scripted agent, a clock turned by waiting, a sink that
// writes down what it is told.
//
//     Script script;
//     script.says(RankSaid{RankHello{.rank = 0, ...}}).passes(seconds(5)).closes();
//     script.onCommand = [](const AgentCommand& command, Script& script) { ... };
//     FakeTransport transport(script);
//     RunService service(transport, {&sink}, {}, script.clock());
#pragma once

#include "backend/run/protocol.h"
#include "backend/run/run_service.h"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ringscope::test {

class Script {
public:
    Script& says(const AgentFrame& frame) { return saysLine(toLine(frame)); }
    Script& saysLine(std::string line);
    Script& passes(std::chrono::milliseconds time);
    Script& closes();

    RunClock clock();

    std::vector<AgentCommand> commands;  // sent to the agent
    // Called with each command, so that the script can go on from there.
    std::function<void(const AgentCommand&, Script&)> onCommand;
    std::function<void()> onReceive = [] {};
    int channelsOpen = 0;
    std::string openFailure;  // a sentence: the transport cannot open
    std::string sendFailure;

    AgentChannel::Received next(std::chrono::milliseconds timeout);
    std::chrono::milliseconds elapsed() const { return now_; }

private:
    struct Entry {
        AgentChannel::Received received;
        std::chrono::milliseconds delay{};
    };
    std::deque<Entry> entries_;
    std::chrono::milliseconds now_{};
};

class FakeTransport final : public Transport {
public:
    explicit FakeTransport(Script& script) : script_(script) {}
    std::string_view name() const override { return "fake"; }
    Result<void> preflight(const HostSpec&) override { return {}; }
    Result<std::unique_ptr<AgentChannel>> open(const HostSpec& host) override;

private:
    Script& script_;
};

class RecordingSink final : public RunSink {
public:
    Result<void> created(const RunRecord& run) override { return note("created", run); }
    Result<void> changed(const RunRecord& run) override {
        return note(std::string(statusName(run.status)), run);
    }
    Result<void> step(const RunRecord& run, const StepRecord& step) override;
    Result<void> validation(const RunRecord& run, const ValidationRecord& validation) override {
        return note("validation " + std::to_string(validation.step), run);
    }
    Result<void> ended(const RunRecord& run) override {
        return note("ended " + std::string(statusName(run.status)), run);
    }
    Result<void> logLine(const RunRecord&, int rank, std::string_view line) override;

    std::vector<std::string> told;
    std::vector<std::string> log;  // "1: line"
    std::vector<RunRecord> final;
    std::string failsAt;  // a word of `told` at which the sink fails

private:
    Result<void> note(const std::string& word, const RunRecord& run);
};

// A small run of `ranks` ranks in mode ring, or one rank in mode none.
RunRequest smallRequest(int ranks, std::int64_t steps = 2);

// What healthy ranks say: hello, steps with loss 5 - step / 10, done, exit 0.
void saysHello(Script& script, int ranks);
void saysSteps(Script& script, int ranks, std::int64_t first, std::int64_t last);
void saysDone(Script& script, int ranks, std::int64_t steps);
void exitsWell(Script& script, int ranks);
void saysAWholeRun(Script& script, int ranks, std::int64_t steps);
// Answers a stop as an agent does: every rank was ended by SIGTERM.
void endsWhenStopped(Script& script, int ranks);

RankStep stepOf(int rank, std::int64_t step, double loss);

}  // namespace ringscope::test
