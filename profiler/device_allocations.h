// Keeps what a GPU's tensor allocator reports in an AllocationLog, as a CPU's allocations are kept.
//
//     DeviceAllocations allocations(log);
//     allocations.tell({.kind = DeviceMemoryEvent::Kind::Taken, .address = 0x7f00, .bytes = 512});
//
// Any thread may call; the allocator does so while it holds its own lock, so nothing here asks an
// allocator of libtorch for anything. What an allocation is for and where in the training it stands
// are told by the calling thread (AllocationLog).
#pragma once

#include "profiler/allocation_log.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

namespace ringscope {

struct DeviceMemoryEvent {
    enum class Kind : std::uint8_t {
        Taken,
        GivenBack,  // nothing uses it any more, on no stream
        Refused,    // there is no room for it; the address says nothing
    };
    Kind kind = Kind::Taken;
    int device = 0;
    std::uint64_t address = 0;
    std::int64_t bytes = 0;  // asked for, without what the allocator rounds up to
};

class DeviceAllocations {
public:
    // The log outlives it.
    explicit DeviceAllocations(AllocationLog& log) : log_(log) {}

    void tell(const DeviceMemoryEvent& event);

    // What was given back without having been told of before: taken before anybody listened.
    std::uint64_t unknown() const;

private:
    AllocationLog& log_;
    mutable std::mutex mutex_;
    std::map<std::pair<int, std::uint64_t>, LiveBlock> live_;  // by device and address
    std::uint64_t unknown_ = 0;
};

}  // namespace ringscope
