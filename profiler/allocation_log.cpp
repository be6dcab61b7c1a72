#include "profiler/allocation_log.h"

#include "profiler/memory_scope.h"
#include "profiler/span_recorder.h"
#include "profiler/trace_place.h"

#include <utility>

namespace ringscope {

void AllocationLog::allocated(LiveBlock& block, std::int64_t bytes) {
    const TracePlace& place = tracePlace();
    block.about = {.begin = monotonicNow(),
                   .bytes = bytes,
                   .step = place.step,
                   .layer = static_cast<std::int16_t>(place.layer),
                   .pass = place.pass,
                   .category = memoryCategoryHere()};
    const std::lock_guard lock(mutex_);
    block.previous = nullptr;
    block.next = newest_;
    if (newest_ != nullptr) newest_->previous = &block;
    newest_ = &block;
}

void AllocationLog::freed(LiveBlock& block) {
    const std::lock_guard lock(mutex_);
    if (block.next != nullptr) block.next->previous = block.previous;
    (block.previous != nullptr ? block.previous->next : newest_) = block.next;
    if (!recording_) return;
    block.about.end = monotonicNow();
    keep(block.about);
}

void AllocationLog::keep(const Allocation& allocation) {
    if (seen_.allocations.size() < room_)
        seen_.allocations.push_back(allocation);
    else
        ++seen_.dropped;
}

void AllocationLog::start() {
    const std::lock_guard lock(mutex_);
    seen_ = {};
    recording_ = true;
}

AllocationRecording AllocationLog::stop() {
    const std::lock_guard lock(mutex_);
    if (!recording_) return {};
    recording_ = false;
    for (const LiveBlock* block = newest_; block != nullptr; block = block->next)
        keep(block->about);
    return std::exchange(seen_, {});
}

LiveBytes AllocationLog::live() const {
    LiveBytes live{};
    const std::lock_guard lock(mutex_);
    for (const LiveBlock* block = newest_; block != nullptr; block = block->next)
        live.at(static_cast<std::size_t>(block->about.category)) += block->about.bytes;
    return live;
}

}  // namespace ringscope
