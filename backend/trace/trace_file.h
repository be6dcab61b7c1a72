// One rank's trace as a file: the one header that writer and reader share.
//
// A file is a header and chunks, little-endian, appended and never changed. Each chunk says its
// kind, its length and its CRC, so a file that ends anywhere, because the rank was killed, is
// read up to its last whole chunk, and a reader says what it could not use.
//
//   "RSCPTRC1"  u32 version  u32 bytes of text  text (JSON: TraceOrigin)  u32 crc of the text
//   chunk:      u32 "CHNK"  u32 kind  u64 bytes  u32 crc of the payload  u32 zero   payload
//
//   kind 1   spans, 32 bytes each (span.h), of one thread, in the order they ended
//   kind 2   counts: u64 spans dropped so far
//   kind 3   clock: i64 local ns, i64 reference ns, i64 error ns
//   kind 4   end: the writer closed the file
//   kind 5   a GPU stream: u32 device, u32 context, u32 stream, u32 zero, then spans of 32 bytes
//   kind 6   note: a sentence (UTF-8) to be shown beside any figure
//   kind 7   names: u32 length and UTF-8 text each; they go on the list of names
//   kind 8   columns of the spans of the chunk before it: u32 which (1 names, 2 launches), u32
//            zero, then for each span its u32 number of a name, or its i64 launch
//   kind 9   index: for each chunk of kind 1, in order: u64 where its payload begins in the file,
//            u64 spans, i64 first begin, i64 last end. Written when the file is closed; a scan of
//            the chunks gives the same
//   kind 10  allocations, 32 bytes each (allocation.h)
//
// Kinds 7 and 8 are in traces that were imported from other tools: our own spans say by their
// fields what they are.
//
// A reader skips a chunk whose kind it does not know and says so, so a new kind needs no new
// version.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/allocation.h"
#include "backend/trace/span.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

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

    Result<void> append(std::span<const Span> spans);
    Result<void> append(const GpuStream& stream);
    Result<void> append(std::span<const Allocation> allocations);
    // For traces of other tools: names, numbered in the order they are given, and for the spans
    // appended last which of them they have and when they were launched.
    Result<void> names(std::span<const std::string> names);
    Result<void> namesOfLast(std::span<const std::uint32_t> numbers);
    Result<void> launchesOfLast(std::span<const std::int64_t> moments);
    Result<void> note(const std::string& sentence);
    Result<void> dropped(std::uint64_t spans);
    Result<void> clock(const ClockSample& sample);
    Result<void> close();  // writes the end mark

private:
    explicit TraceWriter(int file) : file_(file) {}
    Result<void> chunk(std::uint32_t kind, const void* payload, std::uint64_t bytes);
    Result<void> column(std::uint32_t which, std::string_view values);
    int file_ = -1;
    std::uint64_t written_ = 0;  // bytes
    std::string index_;          // an entry for each chunk of spans so far
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

// The name of a rank's file in a run's trace folder: "rank-00003.trace".
std::string traceFileName(int rank);

}  // namespace ringscope
