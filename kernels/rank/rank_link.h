// A rank's ties: the events it tells its agent, and the group of the ranks it works with.
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
#include <optional>
#include <string>
#include <string_view>

namespace ringscope {

class EventWriter {
public:
    explicit EventWriter(int file) : file_(file) {}

    // In one write, so that a line is never cut by another process's. A reader that is gone is
    // noticed on standard input.
    void tell(const RankEvent& event) const;

private:
    int file_;
};

struct MetRanks {
    std::unique_ptr<Meeting> meeting;
    std::unique_ptr<Group> group;  // goes first
};

// Rank 0 makes the meeting and tells where it is; the others are told. Returns when all are there.
// `timeout`: of each operation of the group.
Result<MetRanks> meetRanks(const RankArguments& arguments, RankInput& input,
                           const EventWriter& events, const std::string& device,
                           std::chrono::milliseconds timeout = defaultTimeout);

// The device that rank `localRank` of a host computes on: "cpu", "cuda:1".
std::string deviceName(DeviceChoice wanted, int localRank);

void sayHello(const RankArguments& arguments, const EventWriter& events, const std::string& device);

// Libraries throw; here it becomes a sentence. c10 appends its stack to the first line.
Result<RankDone> withoutThrowing(std::string_view doing,
                                 const std::function<Result<RankDone>()>& work);

// The rank's last word: that it is done, or why not. Answers the exit code.
int sayGoodbye(const RankArguments& arguments, const EventWriter& events,
               const Result<RankDone>& ended);

// A rank's whole life: makes a Program(arguments, commands, events) and lets it do its work.
// Everything it held is gone before the agent hears the last word.
template <typename Program>
int liveToTheEnd(const RankArguments& arguments, int input, int events, std::string_view doing,
                 Result<RankDone> (Program::*work)()) {
    const EventWriter writer(events);
    std::optional<Result<RankDone>> ended;
    {
        RankInput commands(input);
        Program program(arguments, commands, writer);
        ended = withoutThrowing(doing, [&] { return (program.*work)(); });
    }
    return sayGoodbye(arguments, writer, *ended);
}

}  // namespace ringscope
