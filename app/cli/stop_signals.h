// Ctrl-C, SIGTERM and SIGUSR1 (with which Slurm warns of the end of a job) as a stop_token.
//
// The first signal asks; a second one ends the program at once (the agent then finds its standard
// input closed and ends the ranks). Handlers, unlike a blocked mask, are not inherited by the
// programs we start.
#pragma once

#include <stop_token>
#include <thread>

namespace ringscope::cli {

// At most one at a time: signal handlers belong to the process. The destructor restores the default
// handlers.
class StopSignals {
public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    std::stop_token token() const { return source_.get_token(); }
    int signal() const;  // the one that arrived first; 0: none

private:
    std::stop_source source_;
    int pipe_[2] = {-1, -1};
    std::jthread watcher_;
};

}  // namespace ringscope::cli
