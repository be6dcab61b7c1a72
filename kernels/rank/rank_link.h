// How a rank is connected: the events it writes to its agent, and the group of ranks it works with.
#pragma once

#include "backend/config/choices.h"
#include "backend/core/result.h"
#include "backend/run/protocol.h"
#include "kernels/comm/rendezvous.h"
#include "kernels/rank/rank_input.h"
#include "kernels/rank/rank_program.h"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace ringscope {

class EventWriter {
public:
    explicit EventWriter(int file) : file_(file) {}

    // Writes the line at once, so that lines of other processes do not cut it. Failures are
    // ignored: the end of standard input tells that the agent is gone.
    // May be called by any thread.
    void tell(const RankEvent& event) const;

private:
    int file_;
    mutable std::mutex mutex_;
};

struct MetRanks {
    std::unique_ptr<RendezvousStore> rendezvous;
    std::unique_ptr<Group> group;  // destroyed before the rendezvous
};

// Rank 0 makes the rendezvous and writes its port as an event; the others read host and port from
// `input`. Returns when all ranks are connected. `timeout`: of each operation of the group.
Result<MetRanks> meetRanks(const RankArguments& arguments, RankInput& input,
                           const EventWriter& events, const std::string& device,
                           std::chrono::milliseconds timeout = defaultTimeout);

// The device that rank `localRank` of a host computes on: "cpu", "cuda:1".
std::string deviceName(DeviceChoice wanted, int localRank);

// `plan`: planHash() of a training, `data`: the hash of its tokens; empty: there is none.
void sayHello(const RankArguments& arguments, const EventWriter& events, const std::string& device,
              std::string plan = {}, std::string data = {});

// Turns an exception of `work` into an Error: one sentence, of which c10's stack trace is cut off.
Result<RankDone> withoutThrowing(std::string_view doing,
                                 const std::function<Result<RankDone>()>& work);

// Writes the rank's last event, that it is done or why it failed. Returns the exit code.
int reportEnd(const RankArguments& arguments, const EventWriter& events,
              const Result<RankDone>& ended);

// Makes a Program(arguments, commands, events), runs `work`, and returns the exit code. That it is
// done is written after the Program is destroyed, so that the agent then may rely on its files. Why
// it failed is written before: the other ranks complain of a group that ends.
template <typename Program>
int runProgram(const RankArguments& arguments, int input, int events, std::string_view doing,
               Result<RankDone> (Program::*work)()) {
    const EventWriter writer(events);
    std::optional<Result<RankDone>> ended;
    {
        RankInput commands(input);
        Program program(arguments, commands, writer);
        ended = withoutThrowing(doing, [&] { return (program.*work)(); });
        if (!ended->ok()) return reportEnd(arguments, writer, *ended);
    }
    return reportEnd(arguments, writer, *ended);
}

}  // namespace ringscope
