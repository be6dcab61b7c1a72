// The agent's loop: reads commands, supervises the ranks, writes frames. agent.cpp opens the
// signals it reads.
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

    // `signals` is a signalfd of SIGCHLD and SIGTERM. All three must be non-blocking, are not
    // owned, and must outlive the object.
    Supervisor(int in, int out, int signals);

    // Returns when all ranks have ended: true if none of their processes is left.
    bool supervise();

private:
    void pollOnce();
    void readCommands();
    void handle(const AgentCommand& command);
    void perform(const StartRanks& start);
    void perform(const Rendezvous& rendezvous);
    void perform(const StopRanks& stop);
    void perform(const Ping& ping);
    void perform(const ListenAt& listen);
    void perform(const Reach& reach);

    void readSignals();
    void collectEnded();
    void handleLine(RankProcess& rank, RankProcess::Stream stream, std::string_view line);
    void print(RankProcess& rank, const std::string& stream, std::string line);
    void sendTraces();
    void send(const AgentFrame& frame) { output_.add(toLine(frame)); }

    void stopRanks(std::chrono::milliseconds grace);
    void shutDown();  // ends the ranks, then the agent
    void killWhereDue();
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

    std::int64_t killsBefore_ = 0;  // of this machine, for want of memory, when ranks were started
    bool shuttingDown_ = false;
    bool sweepDue_ = false;
    std::optional<Time> killAt_;    // ranks that still run then get SIGKILL
    std::optional<Time> giveUpAt_;  // ranks that still run then are left to the kernel
};

}  // namespace ringscope
