// Keeps every live allocation that an allocator reports, and, while it records, those that ended.
//
//     log.allocated(block, bytes);  ...  log.freed(block);
//     log.start();  ...  log.stop()   // what was live at any time between the two
//
// Any thread may report at any time. A report takes a lock for a few instructions; the
// place of an allocation (allocation.h) is the calling thread's tracePlace() and MemoryScope.
#pragma once

#include "backend/trace/allocation.h"

#include <array>
#include <cstdint>
#include <mutex>
#include <vector>

namespace ringscope {

// Lies with the memory it describes.
struct LiveBlock {
    Allocation about;
    LiveBlock* previous = nullptr;
    LiveBlock* next = nullptr;
};

struct AllocationRecording {
    std::vector<Allocation> allocations;  // in the order they ended; then those that are held
    std::uint64_t dropped = 0;            // for which there was no room
};

// Bytes that are live, by MemoryCategory.
using LiveBytes = std::array<std::int64_t, memoryCategoryCount>;

class AllocationLog {
public:
    static constexpr std::size_t defaultRoom = std::size_t{1} << 21;  // 64 MiB of records

    explicit AllocationLog(std::size_t room = defaultRoom) : room_(room) {}

    void allocated(LiveBlock& block, std::int64_t bytes);
    void freed(LiveBlock& block);

    void start();
    AllocationRecording stop();

    LiveBytes live() const;  // goes over all live blocks

private:
    void keep(const Allocation& allocation);

    mutable std::mutex mutex_;
    LiveBlock* newest_ = nullptr;
    bool recording_ = false;
    std::size_t room_;
    AllocationRecording seen_;
};

}  // namespace ringscope
