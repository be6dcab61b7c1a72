// Adds up what an allocator reports: how much memory is live, and the most that ever was.
//
//     meter.allocated(4096);  ...  meter.freed(4096);
//     meter.peak()
//
// Any thread may call at any time; a report costs two atomic operations.
#pragma once

#include "backend/core/units.h"

#include <atomic>
#include <cstdint>

namespace ringscope {

class MemoryMeter {
public:
    void allocated(std::int64_t bytes) noexcept;
    void freed(std::int64_t bytes) noexcept;

    Bytes current() const noexcept;
    Bytes peak() const noexcept;  // since the start or the last restartPeak()
    void restartPeak() noexcept;  // the peak is what is live now

private:
    std::atomic<std::int64_t> current_{0};
    std::atomic<std::int64_t> peak_{0};
};

}  // namespace ringscope
