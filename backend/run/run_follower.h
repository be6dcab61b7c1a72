// Follows a run by the frames of its agents: the state machine of run_service.h, without processes
// and without waiting. Callers pass the time in.
//
// The first failure is the run's reason, with one exception. A rank may report an error only
// because another rank failed, and that may become known later. So for RunLimits::settle after a
// reported error, a rank that ends without reporting one replaces the reason; and a rank's own
// reason replaces that another's group failed.
#pragma once

#include "backend/run/log_keeper.h"
#include "backend/run/protocol.h"
#include "backend/run/run_record.h"
#include "backend/run/run_service.h"
#include "backend/run/sink_list.h"
#include "backend/run/stall_watch.h"
#include "backend/run/step_merge.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// What every rank of a run must do.
struct ExpectedWork {
    std::int64_t firstStep = 0;
    std::int64_t steps = 0;             // of the whole training; 0: it trains nothing
    std::string planHash{};             // empty: ranks have no plan
    std::chrono::milliseconds stall{};  // launch.stall; 0: a rank may stand still for ever
    StallAction onStall = StallAction::End;
};

class RunFollower {
public:
    using Time = std::chrono::steady_clock::time_point;

    // `record` and `sinks` must outlive the follower. No rank of `record` has been started yet.
    RunFollower(RunRecord& record, ExpectedWork expected, SinkList& sinks, const RunLimits& limits,
                Time now);

    RunFollower(const RunFollower&) = delete;
    RunFollower& operator=(const RunFollower&) = delete;

    void handle(const AgentFrame& frame, const std::string& host, Time now);
    void logLine(int rank, std::string_view line) { log_.add(rank, line); }
    // The connection to the agent of these ranks broke; `reason` replaces errors of other ranks
    // that lost a peer by it.
    void lost(const std::vector<int>& ranks, std::string reason, Time now);
    // The agent of these ranks ended, and they with it.
    void agentGone(const std::vector<int>& ranks, const std::string& host);
    void fail(std::string reason);
    void cancel();
    // Fails the run where a rank has been silent or stood still for too long.
    void checkTime(Time now);

    // Rank 0's port. Returns it once.
    std::optional<int> takePort();

    // Whether there is nothing left to wait for: all ranks have ended, or must end.
    bool decided(Time now) const;
    bool allExited() const;
    bool exited(const std::vector<int>& ranks) const;
    // Whether the run failed because a rank ended, by a signal or without a word.
    bool rankEnded() const { return failure_ && failureIsEnd_; }
    std::string reason() const { return failure_.value_or(""); }
    // The step behind the last one that all ranks have done since they were started.
    std::int64_t nextStep() const { return nextStep_; }
    void endLog() { log_.end(); }  // before the ranks are started again
    // Sets the record's final status and reason, and passes on the last log lines.
    void conclude();

private:
    enum class Heard { Nothing, Hello, Done, Error };
    struct RankState {
        Heard heard = Heard::Nothing;  // the most decisive message the rank has sent
        bool exited = false;
        std::string lastWords{};  // on its standard error
    };
    std::string lastWords(const RankExited& exited, const RankState& state) const;

    // One for each frame: a new frame does not compile until it is handled here.
    void handleFrame(const AgentHello& hello, const std::string& host, Time now);
    void handleFrame(const AgentMachine& machine, const std::string& host, Time now);
    void handleFrame(const RankStarted& started, const std::string& host, Time now);
    void handleFrame(const RankSaid& said, const std::string& host, Time now);
    void handleFrame(const RankPrinted& printed, const std::string& host, Time now);
    void handleFrame(const RankExited& exited, const std::string& host, Time now);
    void handleFrame(const AgentError& error, const std::string& host, Time now);
    // These change no rank's state. RunService uses the first two, preflight checks the others.
    void handleFrame(const Pong& /*pong*/, const std::string& /*host*/, Time /*now*/) {}
    void handleFrame(const TraceChunk& /*chunk*/, const std::string& /*host*/, Time /*now*/) {}
    void handleFrame(const Listening& /*answer*/, const std::string& /*host*/, Time /*now*/) {}
    void handleFrame(const Reached& /*answer*/, const std::string& /*host*/, Time /*now*/) {}

    void handleEvent(const RankRendezvous& rendezvous, Time now);
    void handleEvent(const RankHello& hello, Time now);
    void handleEvent(const RankStep& step, Time now);
    void handleEvent(const RankRouting& told, Time now);
    void handleEvent(const RankValidation& told, Time now);
    void handleEvent(const RankDone& done, Time now);
    void handleEvent(const RankError& error, Time now);
    void handleEvent(const RankLog& log, Time now);
    void handleEvent(const RankPlace& place, Time now);
    void handleEvent(const RankTurn& turn, Time now);
    void handleEvent(const RankVerdict& verdict, Time now);
    void handleEvent(const RankEvaluated& evaluated, Time now);
    void handleEvent(const RankTokens& told, Time now);
    void handleEvent(const RankGenerated& generated, Time now);

    void checkEnd(const RankDone& done);
    bool knows(int rank, const std::string& host);  // fails the run where it has no such rank
    void heard(int rank, Heard word);
    void forgetEcho(Time now);  // drops a reason that another failure may have caused
    void checkPlan(const RankHello& hello);
    void checkData(const RankHello& hello);
    std::vector<int> ranksWhere(bool (*property)(const RankState&)) const;
    void becomeRunning();
    std::string silence(const std::vector<int>& atWork) const;
    void checkStall(Time now);

    RunRecord& record_;
    ExpectedWork expected_;
    SinkList& sinks_;
    RunLimits limits_;
    LogKeeper log_;
    StepMerge merge_;
    StallWatch stall_;
    std::vector<RankState> ranks_;
    std::int64_t nextStep_;
    std::optional<int> port_;
    struct {
        int rank = 0;
        std::string hash{};
    } data_;  // of the first rank that told its data

    std::optional<RankDone> firstDone_;

    Time started_;  // or when a rank last said what it does before its hello
    Time lastEvent_;
    std::optional<std::string> failure_;
    bool failureIsEnd_ = false;      // a rank ended, and reported no error
    bool failureIsOfGroup_ = false;  // a rank reported that another did not answer
    std::optional<Time> echoUntil_;  // until then another failure may have caused failure_
    bool cancelled_ = false;
};

}  // namespace ringscope
