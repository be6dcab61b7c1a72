#include "backend/simulate/cores.h"

#include <algorithm>
#include <utility>

namespace ringscope {

Cores::Cores(int count, std::int64_t turnNanos, Reschedule reschedule)
    : turn_(std::max<std::int64_t>(turnNanos, 1)),
      reschedule_(std::move(reschedule)),
      cores_(static_cast<std::size_t>(std::max(count, 1))) {}

void Cores::begin(std::int64_t now, int task, std::int64_t nanos) {
    const Task fresh{.number = task, .left = nanos, .since = now};
    for (std::size_t core = 0; core < cores_.size(); ++core)
        if (cores_[core].ended == task) return run(now, static_cast<int>(core), fresh);
    for (std::size_t core = 0; core < cores_.size(); ++core)
        if (!cores_[core].busy() && cores_[core].ended < 0)
            return run(now, static_cast<int>(core), fresh);
    waiting_.push_back(fresh);
    if (waiting_.size() > 1) return;
    // From now on turns matter.
    for (std::size_t core = 0; core < cores_.size(); ++core)
        if (cores_[core].busy()) schedule(now, static_cast<int>(core));
}

int Cores::advance(std::int64_t now, int core) {
    Core& at = cores_[static_cast<std::size_t>(core)];
    at.task.left -= now - at.task.since;
    at.task.since = now;
    if (at.task.left <= 0) return at.ended = std::exchange(at.task, Task{}).number;
    if (!waiting_.empty() && waiting_.front().since < now) {
        waiting_.push_back(at.task);
        const Task next = waiting_.front();
        waiting_.pop_front();
        run(now, core, next);
    } else {
        schedule(now, core);
    }
    return -1;
}

void Cores::settle(std::int64_t now, int core) {
    Core& at = cores_[static_cast<std::size_t>(core)];
    at.ended = -1;
    if (at.busy() || waiting_.empty()) return;
    const Task next = waiting_.front();
    waiting_.pop_front();
    run(now, core, next);
}

void Cores::run(std::int64_t now, int core, Task task) {
    Core& at = cores_[static_cast<std::size_t>(core)];
    task.since = now;
    at.task = task;
    at.ended = -1;
    schedule(now, core);
}

void Cores::schedule(std::int64_t now, int core) {
    Core& at = cores_[static_cast<std::size_t>(core)];
    at.task.left -= now - at.task.since;
    at.task.since = now;
    std::int64_t next = now + std::max<std::int64_t>(at.task.left, 0);
    if (!waiting_.empty()) next = std::min(next, (now / turn_ + 1) * turn_);
    reschedule_(core, next, ++at.version);
}

}  // namespace ringscope
