// Adds up what an allocator reports: how much memory is live, and the most that ever was.
//
//     meter.allocated(4096);  ...  meter.freed(4096);
//     meter.peak()
//
// Any thread may call at any time; a report costs two atomic operations.
//
// An allocator with a limit asks first: `if (!meter.allocatedWithinLimit(bytes)) throw ...`.
#pragma once

#include "backend/core/units.h"

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>

namespace ringscope {

class MemoryMeter {
public:
    void allocated(std::int64_t bytes) noexcept;
    // Returns false, and counts nothing, where more than the limit would be live.
    [[nodiscard]] bool allocatedWithinLimit(std::int64_t bytes) noexcept;
    void freed(std::int64_t bytes) noexcept;
    void setLimit(std::optional<Bytes> limit) noexcept;  // nothing: there is none, as at the start

    Bytes current() const noexcept;
    Bytes peak() const noexcept;  // since the start or the last restartPeak()
    void restartPeak() noexcept;  // the peak is what is live now

private:
    void raisePeak(std::int64_t now) noexcept;

    std::atomic<std::int64_t> limit_{std::numeric_limits<std::int64_t>::max()};
    std::atomic<std::int64_t> current_{0};
    std::atomic<std::int64_t> peak_{0};
};

}  // namespace ringscope
