#include "profiler/cupti_memory.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ringscope {
namespace {

bool isBroken(const GpuMemoryRecord& record) {
    if (record.address == 0 || record.at <= 0 || record.bytes < 0) return true;
    if (record.bytes > Allocation::mostBytes) return true;
    return record.taken && record.bytes == 0;
}

bool isOnDevice(const GpuMemoryRecord& record) {
    return record.where == GpuMemoryRecord::Where::Device ||
           record.where == GpuMemoryRecord::Where::Managed;
}

Allocation segment(std::int64_t begin, std::int64_t bytes) {
    return {.begin = begin, .bytes = bytes, .category = MemoryCategory::Segments};
}

}  // namespace

GpuMemory convertMemory(std::span<const GpuMemoryRecord> records, std::int64_t from) {
    GpuMemory memory;
    std::vector<GpuMemoryRecord> usable;
    for (const GpuMemoryRecord& record : records) {
        if (isBroken(record))
            ++memory.broken;
        else if (!isOnDevice(record))
            ++memory.elsewhere;
        else
            usable.push_back(record);
    }
    // An address that is given back and taken at one moment is given back first.
    std::ranges::stable_sort(usable, [](const GpuMemoryRecord& a, const GpuMemoryRecord& b) {
        return a.at != b.at ? a.at < b.at : a.taken < b.taken;
    });
    std::map<std::pair<std::uint32_t, std::uint64_t>, Allocation> held;  // by device and address
    const auto end = [&](Allocation one, std::int64_t at) {
        one.end = at;
        if (one.end >= from) memory.segments.push_back(one);
    };
    for (const GpuMemoryRecord& record : usable) {
        const std::pair place(record.device, record.address);
        const auto found = held.find(place);
        if (found != held.end()) {
            end(found->second, record.at);
            held.erase(found);
        } else if (!record.taken && record.bytes == 0) {
            ++memory.broken;
        } else if (!record.taken && record.at >= from) {
            end(segment(from, record.bytes), record.at);
        }
        if (record.taken) held.emplace(place, segment(record.at, record.bytes));
    }
    for (const auto& [place, one] : held) memory.segments.push_back(one);
    std::ranges::stable_sort(memory.segments, {}, &Allocation::begin);
    return memory;
}

std::vector<std::string> notesOn(const GpuMemory& memory) {
    if (memory.broken == 0) return {};
    return {std::to_string(memory.broken) +
            " memory records of the GPU have no usable address, size or time: the curve of its "
            "segments may be wrong"};
}

}  // namespace ringscope
