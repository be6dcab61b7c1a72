#include "kernels/rank/place_watch.h"

#include "profiler/current_place.h"

#include <time.h>
#include <algorithm>
#include <string>

namespace ringscope {
namespace {

Nanos processorTime() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return Nanos(std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec);
}

}  // namespace

PlaceWatch::PlaceWatch(int rank, const EventWriter& events, std::chrono::milliseconds every)
    : rank_(rank),
      events_(events),
      every_(every),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void PlaceWatch::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        const ShownPlace place = currentPlace();
        events_.tell(RankPlace{.rank = rank_,
                               .step = place.tag.step,
                               .layer = place.tag.layer,
                               .ringStep = place.tag.ringStep,
                               .peer = place.tag.peer,
                               .pass = std::string(spanPassName(place.tag.pass)),
                               .operation = std::string(operationName(place.tag.operation)),
                               .waits = place.waits,
                               .changes = place.changes,
                               .processorTime = processorTime()});
        wake_.wait_for(lock, stop, every_, [] { return false; });
    }
}

std::chrono::milliseconds placeInterval(double stallSeconds) {
    const double quarter = stallSeconds * 1000 / 4;
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::clamp(quarter, 10.0, 1000.0)));
}

}  // namespace ringscope
