// One rank's trace as a file: the one header that writer and reader share.
//
// A file is a header and chunks, little-endian, appended and never changed. Each chunk says its
// kind, its length and its CRC, so a file that ends anywhere, because the rank was killed, is
// read up to its last whole chunk, and a reader says what it could not use. FORMAT.md describes
// every byte.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/allocation.h"
#include "backend/trace/columns.h"
#include "backend/trace/span.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// Some of the ranks, who have collective operations of their own.
struct TraceGroup {
    int first = 0;  // its lowest rank: what a collective's span says of it
    int count = 0;
    bool operator==(const TraceGroup&) const = default;
};

// Who recorded, and under what: enough to read a file that was found alone.
struct TraceOrigin {
    std::string run{};
    int rank = 0;
    int world = 1;
    std::string host{};
    std::int64_t pid = 0;
    std::string mode{};
    std::string device{};
    std::int64_t firstStep = 0;  // recorded steps [first, end)
    std::int64_t endStep = 0;
    std::string gpuActivity{};  // "on", or "off: " and why; empty in files that know nothing of it
    std::string source{};       // the other tool that recorded: "kineto"; empty: this program
    std::int64_t spanCostNs = 0;  // what recording a span cost its thread; 0: nobody measured it
    std::vector<int> recorded{};  // the ranks that were to be, ascending; empty: all of them
    std::vector<TraceGroup> groups{};  // that this rank is in
};

// What one stream of a GPU executed, told by the GPU itself and not by the host that asked for it.
struct GpuStream {
    std::uint32_t device = 0;
    std::uint32_t context = 0;
    std::uint32_t stream = 0;
    std::vector<Span> spans{};  // by begin
    // Of a trace from another tool, for each span; else empty.
    std::vector<std::uint32_t> names{};    // into RankTrace::names
    std::vector<std::int64_t> launched{};  // when the host asked for it; 0: not known
};

// The rank's clock held against the reference clock (rank 0's host).
struct ClockSample {
    std::int64_t local = 0;
    std::int64_t reference = 0;
    std::int64_t error = 0;  // the truth is within +- error
};

// Appends to one file. Used by one thread; every call is on disk's way when it returns.
class TraceWriter {
public:
    // Refuses to overwrite a file that is there.
    static Result<std::unique_ptr<TraceWriter>> create(const std::filesystem::path& path,
                                                       const TraceOrigin& origin);
    // For what is learned after the rank has closed its file: its clock.
    static Result<std::unique_ptr<TraceWriter>> reopen(const std::filesystem::path& path);
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
    Result<void> chunk(std::uint32_t kind, std::string_view payload, std::uint32_t crc);
    // A chunk of records as columns.
    Result<void> records(std::uint32_t kind, std::string_view before, const void* records,
                         std::size_t count);
    // A column beside the spans that were appended last; none where there are no values.
    Result<void> beside(std::uint32_t which, std::string_view values);
    int file_ = -1;
    std::uint64_t written_ = 0;  // bytes
    std::string index_;          // an entry for each chunk of spans so far
    traceformat::ColumnBuffer columns_;
};

struct RankTrace {
    TraceOrigin origin;
    std::vector<Span> spans;                 // of the host's threads, by begin
    std::vector<std::uint32_t> spanNames{};  // for each, where another tool recorded; else empty
    std::vector<std::string> names{};        // what the numbers of names stand for
    std::vector<GpuStream> gpu;      // by device, context, stream; empty where no GPU was recorded
    std::vector<std::string> notes;  // the recorder's own
    std::vector<Allocation> allocations{};  // live at any time of the recording; none: not recorded
    std::vector<ClockSample> clock;
    std::uint64_t dropped = 0;        // spans the recorder had no room for
    bool complete = false;            // the writer closed the file
    std::vector<std::string> losses;  // sentences: what could not be read, and how much
};

// Reads whatever is readable. An Error only where not even the header is.
Result<RankTrace> readTraceFile(const std::filesystem::path& path);

// The same, but hands over the spans chunk by chunk, of the host or of a stream, and keeps none of
// them, nor names and allocations.
using SpanSink = std::function<void(const GpuStream* stream, std::span<const Span> spans)>;
Result<RankTrace> scanTraceFile(const std::filesystem::path& path, const SpanSink& sink);

// The name of a rank's file in a run's trace folder: "rank-00003.trace".
std::string traceFileName(int rank);

}  // namespace ringscope
