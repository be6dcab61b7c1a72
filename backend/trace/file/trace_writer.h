// Writes one rank's trace as a file.
//
// A file is a header and chunks, little-endian, appended and never changed. Each chunk says its
// kind, its length and its CRC, so a file that ends anywhere, because the rank was killed, is
// read up to its last whole chunk, and a reader says what it could not use. FORMAT.md describes
// every byte.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/file/columns.h"
#include "backend/trace/rank_trace.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ringscope {

// Appends to one file. Used by one thread. When a call returns, the operating system has the bytes.
class TraceWriter {
public:
    // Fails where the file exists. Where the header cannot be written, no file is left.
    static Result<std::unique_ptr<TraceWriter>> create(const std::filesystem::path& path,
                                                       const TraceOrigin& origin);
    ~TraceWriter();
    TraceWriter(const TraceWriter&) = delete;
    TraceWriter& operator=(const TraceWriter&) = delete;

    // Spans of traces of other tools have names, numbered in the order they were given to names().
    Result<void> append(std::span<const Span> spans, std::span<const std::uint32_t> names = {});
    Result<void> append(const GpuStream& stream);
    Result<void> append(std::span<const Allocation> allocations);
    Result<void> names(std::span<const std::string> names);
    Result<void> note(const std::string& sentence);
    Result<void> dropped(std::uint64_t spans);
    Result<void> clock(const ClockSample& sample);
    Result<void> close();  // writes the end mark

private:
    explicit TraceWriter(int file) : file_(file) {}
    Result<void> chunk(std::uint32_t kind, std::string_view payload);
    // A chunk of records as columns.
    Result<void> records(std::uint32_t kind, std::string_view before, const void* records,
                         std::size_t count);
    // A column beside the spans that were appended last; none where there are no values.
    Result<void> beside(std::uint32_t which, std::string_view values);
    int file_ = -1;
    traceformat::ColumnBuffer columns_;
};

// Appends to a file that its rank has closed already: what its clock is, is learned later.
Result<void> appendClock(const std::filesystem::path& path, std::span<const ClockSample> samples);

}  // namespace ringscope
