// Records of a file, each in memory only while it is used: read ahead, written behind.
//
//     file.fetch(3);                      // starts to read record 3
//     at::Tensor bytes = file.open(3);    // waits for it
//     … read or change them …
//     file.store(3);                      // starts to write it; or drop(3) where nothing changed
//     file.settle();                      // waits for all writing
//
// A record that is written stays in memory until its writing is waited for: by settle(), or when
// three operations have begun since. So what is held follows from the calls, never from how fast
// the disk is; backend/memory/record_memory.h tells it from the same calls.
//
// The file has no name: nothing of it is left when the process ends, however it ends.
#pragma once

#include "backend/core/result.h"
#include "kernels/device/async_file.h"
#include "kernels/train/aligned_buffer.h"
#include "profiler/memory_scope.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace ringscope {

class RecordFile {
public:
    // Makes the folder. Fails where it has no room for all records. Their memory is of `category`.
    static Result<std::unique_ptr<RecordFile>> make(const std::filesystem::path& folder,
                                                    FileUse use,
                                                    const std::vector<std::int64_t>& recordBytes,
                                                    MemoryCategory category);

    std::size_t size() const { return records_.size(); }

    // These throw std::runtime_error where the file cannot be written or read.
    void fetch(std::size_t index);
    at::Tensor open(std::size_t index);  // (bytes) uint8, on the CPU; until it is stored or dropped
    at::Tensor create(std::size_t index);  // the same without reading: zeros
    void store(std::size_t index);         // of one that is open
    void drop(std::size_t index);
    void settle();

    const AsyncFile& file() const { return *file_; }

private:
    static constexpr std::size_t none = ~std::size_t{0};
    struct Record {
        std::int64_t at = 0;
        std::int64_t bytes = 0;
        AlignedBuffer buffer{};
        bool wanted = false;  // fetched or open: its memory stays
        int lane = -1;        // of the operation under way
        bool writes = false;
    };

    RecordFile(std::vector<Record> records, MemoryCategory category)
        : records_(std::move(records)), category_(category) {}
    void hold(Record& record);
    void begin(std::size_t index, bool writes);
    void await(int lane);

    std::vector<Record> records_;
    MemoryCategory category_;
    std::array<std::size_t, AsyncFile::lanes> running_{none, none, none};
    int next_ = 0;                     // lane
    std::unique_ptr<AsyncFile> file_;  // ends before the buffers that it works on
};

}  // namespace ringscope
