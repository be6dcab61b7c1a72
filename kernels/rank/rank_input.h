// A rank's standard input: its configuration, then the rendezvous of the ranks, then nothing more.
// While this object lives, the end of the input ends the process: the agent that started the rank
// is gone, and nothing may be left running.
#pragma once

#include "backend/core/result.h"
#include "backend/run/protocol.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace ringscope {

class RankInput {
public:
    // Reads file descriptor `input` on a thread of its own, from now on.
    explicit RankInput(int input);
    ~RankInput();  // stops reading: the end of the input then no longer ends the process
    RankInput(const RankInput&) = delete;
    RankInput& operator=(const RankInput&) = delete;

    // Block until the command has been read. Lines that are no command are skipped.
    Job job();
    std::string secret();  // of the run, which came with the job
    Rendezvous rendezvous();

private:
    void read();
    void take(std::string_view line);

    int input_;
    int stop_;  // an eventfd
    std::mutex mutex_;
    std::condition_variable came_;
    std::optional<RankJob> job_;
    std::optional<Rendezvous> rendezvous_;
    std::thread reader_;
};

}  // namespace ringscope
