// Real ringscope-rank processes, driven over the protocol as an agent drives them.
//
//     RankProcesses ranks(config);           // one process per rank the plan asks for
//     const auto ended = ranks.wait();       // hands the rendezvous round meanwhile
//     ended[0].steps[3].loss
#pragma once

#include "backend/config/run_config.h"
#include "backend/run/protocol.h"

#include <sys/types.h>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ringscope::test {

struct EndedRank {
    int exitCode = -1;  // -1: ended by `signal`
    int signal = 0;
    std::optional<RankHello> hello;
    std::vector<StepRecord> steps;
    std::optional<RankDone> done;
    std::string error;                 // of its error event
    std::vector<std::string> foreign;  // lines on standard output that are no events
};

class RankProcesses {
public:
    // Starts them and sends the configuration. Throws std::runtime_error where that fails.
    explicit RankProcesses(const RunConfig& config);
    RankProcesses(const std::string& yaml, int ranks);
    ~RankProcesses();  // kills who is left
    RankProcesses(const RankProcesses&) = delete;
    RankProcesses& operator=(const RankProcesses&) = delete;

    pid_t pid(int rank) const { return ranks_.at(static_cast<std::size_t>(rank)).pid; }
    void closeInput(int rank);
    void kill(int rank);

    // Called for every event while waiting, before it is recorded.
    std::function<void(int rank, const RankEvent& event)> onEvent;

    // Until all have ended. Throws where that takes longer than the limit.
    std::vector<EndedRank> wait(std::chrono::seconds limit = std::chrono::seconds(120));

private:
    struct Process {
        pid_t pid = -1;
        int input = -1;
        int output = -1;
        std::string pending;
        EndedRank ended;
    };
    void start(const std::string& yaml, int ranks);
    void send(int rank, const RankCommand& command);
    void readFrom(int rank);
    void take(int rank, const std::string& line);
    void reap(Process& process);

    std::vector<Process> ranks_;
};

// Starts, waits, and fails the test where a rank did not end well.
std::vector<EndedRank> trainWithProcesses(const RunConfig& config);

}  // namespace ringscope::test
