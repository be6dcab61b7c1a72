#include "profiler/memory_meter.h"

namespace ringscope {

void MemoryMeter::allocated(std::int64_t bytes) noexcept {
    raisePeak(current_.fetch_add(bytes, std::memory_order_relaxed) + bytes);
}

bool MemoryMeter::allocatedWithinLimit(std::int64_t bytes) noexcept {
    const std::int64_t now = current_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (now > limit_.load(std::memory_order_relaxed)) {
        freed(bytes);
        return false;
    }
    raisePeak(now);
    return true;
}

void MemoryMeter::setLimit(std::optional<Bytes> limit) noexcept {
    limit_.store(limit ? limit->count : std::numeric_limits<std::int64_t>::max(),
                 std::memory_order_relaxed);
}

void MemoryMeter::raisePeak(std::int64_t now) noexcept {
    std::int64_t most = peak_.load(std::memory_order_relaxed);
    while (now > most && !peak_.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
    }
}

void MemoryMeter::freed(std::int64_t bytes) noexcept {
    current_.fetch_sub(bytes, std::memory_order_relaxed);
}

Bytes MemoryMeter::current() const noexcept { return {current_.load(std::memory_order_relaxed)}; }

Bytes MemoryMeter::peak() const noexcept { return {peak_.load(std::memory_order_relaxed)}; }

void MemoryMeter::restartPeak() noexcept {
    peak_.store(current_.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

}  // namespace ringscope
