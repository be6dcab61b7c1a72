#include "kernels/train/record_file.h"

#include "backend/core/files.h"
#include "profiler/span_recorder.h"
#include "profiler/trace_place.h"

#include <stdexcept>
#include <utility>

namespace ringscope {

Result<std::unique_ptr<RecordFile>> RecordFile::make(const std::filesystem::path& folder,
                                                     FileUse use,
                                                     const std::vector<std::int64_t>& recordBytes,
                                                     MemoryCategory category) {
    RINGSCOPE_CHECK(makePrivateFolder(folder));
    std::vector<Record> records;
    std::int64_t end = 0;
    for (const std::int64_t bytes : recordBytes) {
        records.push_back({.at = end, .bytes = bytes});
        end += spaceOf(bytes);
    }
    std::unique_ptr<RecordFile> made(new RecordFile(std::move(records), category));
    RINGSCOPE_TRY(made->file_, AsyncFile::make(folder, end, std::move(use)));
    return made;
}

void RecordFile::hold(Record& record) {
    const MemoryScope scope(category_);
    record.buffer = alignedBuffer(spaceOf(record.bytes));
}

// What lane did before must be done; lanes take turns.
void RecordFile::begin(std::size_t index, bool writes) {
    Record& record = records_[index];
    const int lane = next_;
    next_ = (next_ + 1) % AsyncFile::lanes;
    await(lane);
    if (!writes) hold(record);
    record.lane = lane;
    record.writes = writes;
    running_[static_cast<std::size_t>(lane)] = index;
    void* const memory = record.buffer.bytes.data_ptr();
    const auto bytes = static_cast<std::size_t>(record.buffer.bytes.numel());
    if (writes)
        file_->write(lane, memory, bytes, record.at);
    else
        file_->read(lane, memory, bytes, record.at);
}

void RecordFile::await(int lane) {
    const std::size_t index = std::exchange(running_[static_cast<std::size_t>(lane)], none);
    if (index == none) return;
    Record& record = records_[index];
    record.lane = -1;
    const Operation operation = record.writes ? Operation::Offload : Operation::Reload;
    const Result<void> done = [&] {
        const ScopedSpan span(tagHere(SpanKind::Copy, operation));
        return file_->wait(lane);
    }();
    if (!record.wanted) record.buffer = {};
    if (!done.ok()) throw std::runtime_error(done.error().message);
}

void RecordFile::fetch(std::size_t index) {
    Record& record = records_[index];
    record.wanted = true;
    if (!record.buffer.memory.defined()) begin(index, /*writes=*/false);
}

at::Tensor RecordFile::open(std::size_t index) {
    fetch(index);
    Record& record = records_[index];
    if (record.lane >= 0) await(record.lane);
    return record.buffer.bytes.narrow(0, 0, record.bytes);
}

at::Tensor RecordFile::create(std::size_t index) {
    Record& record = records_[index];
    record.wanted = true;
    await(next_);  // as many as where records are read
    hold(record);
    record.buffer.bytes.zero_();
    return record.buffer.bytes.narrow(0, 0, record.bytes);
}

void RecordFile::store(std::size_t index) {
    records_[index].wanted = false;
    begin(index, /*writes=*/true);
}

void RecordFile::drop(std::size_t index) {
    Record& record = records_[index];
    record.wanted = false;
    if (record.lane >= 0) await(record.lane);
    record.buffer = {};
}

void RecordFile::settle() {
    for (int lane = 0; lane < AsyncFile::lanes; ++lane) await(lane);
}

}  // namespace ringscope
