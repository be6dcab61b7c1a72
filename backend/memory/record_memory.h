// Memory of the records of a file, as kernels/train/record_file.h holds them: the same calls, in
// the same order.
#pragma once

#include "backend/memory/allocation_program.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringscope {

// Of a record in the file, and of the memory that it is read into.
std::int64_t recordSpace(std::int64_t bytes);
std::int64_t recordBuffer(std::int64_t bytes);

class RecordMemory {
public:
    // The program must outlive it.
    RecordMemory(AllocationProgram& program, MemoryCategory category,
                 const std::vector<std::int64_t>& recordBytes);

    std::size_t size() const { return records_.size(); }
    void fetch(std::size_t index);
    void open(std::size_t index);
    void store(std::size_t index);
    void drop(std::size_t index);
    void settle();

private:
    static constexpr std::size_t none = ~std::size_t{0};
    static constexpr int lanes = 3;  // of kernels/device/async_file.h
    struct Record {
        std::int64_t bytes = 0;
        Held held{};
        bool wanted = false;
        int lane = -1;
    };
    void begin(std::size_t index, bool writes);
    void await(int lane);

    AllocationProgram& program_;
    MemoryCategory category_;
    std::vector<Record> records_;
    std::array<std::size_t, lanes> running_{none, none, none};
    int next_ = 0;
};

}  // namespace ringscope
