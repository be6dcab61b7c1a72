#include "backend/memory/record_memory.h"

#include <utility>

namespace ringscope {
namespace {

constexpr std::int64_t alignedUnit = 4096;  // of kernels/device/async_file.h

}  // namespace

std::int64_t recordSpace(std::int64_t bytes) {
    return (bytes + alignedUnit - 1) / alignedUnit * alignedUnit;
}

std::int64_t recordBuffer(std::int64_t bytes) { return recordSpace(bytes) + alignedUnit; }

RecordMemory::RecordMemory(AllocationProgram& program, MemoryCategory category,
                           const std::vector<std::int64_t>& recordBytes)
    : program_(program), category_(category) {
    for (const std::int64_t bytes : recordBytes) records_.push_back({.bytes = bytes});
}

void RecordMemory::begin(std::size_t index, bool writes) {
    const int lane = next_;
    next_ = (next_ + 1) % lanes;
    await(lane);
    Record& record = records_[index];
    if (!writes) {
        const CategoryScope scope(program_, category_);
        record.held = program_.hold(recordBuffer(record.bytes));
    }
    record.lane = lane;
    running_[static_cast<std::size_t>(lane)] = index;
}

void RecordMemory::await(int lane) {
    const std::size_t index = std::exchange(running_[static_cast<std::size_t>(lane)], none);
    if (index == none) return;
    Record& record = records_[index];
    record.lane = -1;
    if (!record.wanted) record.held = {};
}

void RecordMemory::fetch(std::size_t index) {
    Record& record = records_[index];
    record.wanted = true;
    if (!record.held.defined()) begin(index, /*writes=*/false);
}

void RecordMemory::open(std::size_t index) {
    fetch(index);
    if (records_[index].lane >= 0) await(records_[index].lane);
}

void RecordMemory::store(std::size_t index) {
    records_[index].wanted = false;
    begin(index, /*writes=*/true);
}

void RecordMemory::drop(std::size_t index) {
    Record& record = records_[index];
    record.wanted = false;
    if (record.lane >= 0) await(record.lane);
    record.held = {};
}

void RecordMemory::settle() {
    for (int lane = 0; lane < lanes; ++lane) await(lane);
}

}  // namespace ringscope
