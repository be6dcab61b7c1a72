// The cores of a host, on which tasks take turns: ranks that compute, and what copies a message.
//
//   turn                0        1        2        3
//   core 0              rank 0   rank 2   rank 0   ...
//   core 1              rank 1   rank 3   rank 1   ...
//   message, at 0.4              copied
//
// A task has a whole core. Where tasks wait, each running one gives its core to the first of them
// at the end of the turn; turns end at the same moments on all cores. So a message that is copied
// while all cores compute waits for the end of a turn, and a rank that goes on may wait, too.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace ringscope {

class Cores {
public:
    // Called with a core whose next event has changed, its time, and a number that grows with each
    // change: an event with an older number is void.
    using Reschedule = std::function<void(int core, std::int64_t time, std::uint32_t version)>;
    Cores(int count, std::int64_t turnNanos, Reschedule reschedule);

    // Of a task that is none of those that are here. One that ended just now goes on at its core.
    void begin(std::int64_t now, int task, std::int64_t nanos);

    bool isCurrent(int core, std::uint32_t version) const {
        return cores_[static_cast<std::size_t>(core)].version == version;
    }
    // At the event of a core: the task that ended, or -1 where it was the end of a turn. After it
    // settle() must be called; what follows the task is begun before.
    int advance(std::int64_t now, int core);
    void settle(std::int64_t now, int core);

private:
    struct Task {
        int number = -1;
        std::int64_t left = 0;   // nanoseconds of work
        std::int64_t since = 0;  // when `left` was true, and since when it waits
    };
    struct Core {
        Task task{};
        std::uint32_t version = 0;
        int ended = -1;  // the task that may go on here
        bool busy() const { return task.number >= 0; }
    };
    void run(std::int64_t now, int core, Task task);
    void schedule(std::int64_t now, int core);

    std::int64_t turn_;
    Reschedule reschedule_;
    std::vector<Core> cores_;
    std::deque<Task> waiting_{};
};

}  // namespace ringscope
