// Tells the agent where this rank is, from a thread of its own, as long as it lives.
#pragma once

#include "kernels/rank/rank_link.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace ringscope {

class PlaceWatch {
public:
    // `events` must outlive the watch. Says the place at once, then every `every`.
    PlaceWatch(int rank, const EventWriter& events, std::chrono::milliseconds every);

private:
    void run(const std::stop_token& stop);

    int rank_;
    const EventWriter& events_;
    std::chrono::milliseconds every_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;  // last: it uses the others
};

// How often a rank must speak, so that one which stands still for `stall` seconds is noticed: four
// times in that, at least once a second.
std::chrono::milliseconds placeInterval(double stallSeconds);

}  // namespace ringscope
