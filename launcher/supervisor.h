// The agent's work, one turn at a time: commands in, frames out, ranks in between. agent.cpp gives
// it its signals.
#pragma once

#include "backend/run/protocol.h"
#include "launcher/agent.h"
#include "launcher/line_buffer.h"
#include "launcher/output_queue.h"
#include "launcher/port_check.h"
#include "launcher/rank_process.h"
#include "launcher/trace_outbox.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

class Supervisor {
public:
    using Time = std::chrono::steady_clock::time_point;

    // `signals` is a signalfd of SIGCHLD and SIGTERM. None of the three is owned; all are
    // non-blocking.
    Supervisor(int in, int out, int signals);

    // Returns when everything was ended; whether nothing is left.
    bool supervise();

private:
    void turn();
    void readCommands();
    void take(const AgentCommand& command);
    void on(const StartRanks& start);
    void on(const Rendezvous& rendezvous);
    void on(const StopRanks& stop);
    void on(const Ping& ping);
    void on(const ListenAt& listen);
    void on(const Reach& reach);

    void readSignals();
    void collectEnded();
    void takeLine(RankProcess& rank, RankProcess::Stream stream, std::string_view line);
    void print(RankProcess& rank, const std::string& stream, std::string line);
    void sendTraces();
    void send(const AgentFrame& frame) { output_.add(toLine(frame)); }

    void stopRanks(std::chrono::milliseconds grace);
    void leave();  // ends the ranks, then the agent
    void insistWhereDue();
    bool ranksRunning() const;
    bool sweep();
    void flush();
    int waitMs() const;

    int in_;
    int signals_;
    OutputQueue output_;
    LineBuffer commands_;
    std::vector<std::unique_ptr<RankProcess>> ranks_;
    TraceOutbox traces_;
    PortCheck ports_;
    std::string mark_;  // "RINGSCOPE_AGENT_RANKS=…"; empty: nothing was started

    bool leaving_ = false;
    bool sweepDue_ = false;
    std::optional<Time> insistAt_;  // SIGKILL to what still runs then
    std::optional<Time> giveUpAt_;  // not even that helped
};

}  // namespace ringscope
