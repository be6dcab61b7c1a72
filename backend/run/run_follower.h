// What a run has become, from what its agents say: the state machine of run_service.h without
// processes and without waiting. Time comes in as an argument.
//
// The first failure is the reason. One exception: an error that a rank tells may be only the echo
// of another rank's sudden death, which becomes known a moment later; for RunLimits::settle a rank
// that vanished without a word takes the blame over.
#pragma once

#include "backend/run/log_keeper.h"
#include "backend/run/protocol.h"
#include "backend/run/run_record.h"
#include "backend/run/run_service.h"
#include "backend/run/sink_list.h"
#include "backend/run/step_merge.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

class RunFollower {
public:
    using Time = std::chrono::steady_clock::time_point;

    // `record` and `sinks` outlive the follower; the record's ranks are still to be started.
    RunFollower(RunRecord& record, SinkList& sinks, const RunLimits& limits, Time now);

    RunFollower(const RunFollower&) = delete;
    RunFollower& operator=(const RunFollower&) = delete;

    void frame(const AgentFrame& frame, const std::string& host, Time now);
    void logLine(int rank, std::string_view line) { log_.add(rank, line); }
    // The agent of these ranks is gone, and they with it. What the others say of a lost peer is an
    // echo of it.
    void lost(const std::vector<int>& ranks, std::string reason, Time now);
    void agentGone(const std::vector<int>& ranks, const std::string& host);
    void fail(std::string reason);
    void cancel();
    // Looks whether someone has been silent too long.
    void checkTime(Time now);

    // Rank 0's port, once it is known and until it is taken.
    std::optional<int> takePort();

    // No more is to be waited for: all ranks have ended, or it is known why they should.
    bool decided(Time now) const;
    bool allExited() const;
    // Failed, Cancelled or Finished into the record, with the reason; tells the last log lines.
    void conclude();

private:
    enum class Heard { Nothing, Hello, Done, Error };  // of a rank, its weightiest word
    struct RankState {
        Heard heard = Heard::Nothing;
        bool exited = false;
    };

    void on(const AgentHello& hello, const std::string& host, Time now);
    void on(const RankStarted& started, const std::string& host, Time now);
    void on(const RankSaid& said, const std::string& host, Time now);
    void on(const RankPrinted& printed, const std::string& host, Time now);
    void on(const RankExited& exited, const std::string& host, Time now);
    void on(const auto&, const std::string&, Time) {}  // no news of a rank
    void on(const AgentError& error, const std::string& host, Time now);

    void said(const RankRendezvous& rendezvous, Time now);
    void said(const RankHello& hello, Time now);
    void said(const RankStep& step, Time now);
    void said(const RankDone& done, Time now);
    void said(const RankError& error, Time now);
    void said(const RankLog& log, Time now);
    void said(const RankVerdict& verdict, Time now);

    bool knows(int rank, const std::string& host);  // fails the run where the rank is none of it
    void heard(int rank, Heard word);
    void forgetEcho(Time now);  // a cause is known: what was said of its effects is no reason
    std::vector<int> ranksWhere(bool (*property)(const RankState&)) const;
    void becomeRunning();
    std::string silence(const std::vector<int>& atWork) const;

    RunRecord& record_;
    SinkList& sinks_;
    RunLimits limits_;
    LogKeeper log_;
    StepMerge merge_;
    std::vector<RankState> ranks_;
    std::optional<int> port_;

    Time started_;
    Time lastEvent_;
    std::optional<std::string> failure_;
    std::optional<Time> echoUntil_;  // the failure may be an echo until then
    bool cancelled_ = false;
};

}  // namespace ringscope
