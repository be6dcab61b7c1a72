// What one rank recorded, and who recorded it: the values that a trace is made of.
#pragma once

#include "backend/trace/allocation.h"
#include "backend/trace/span.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

// Some of the ranks, who have collective operations of their own.
struct TraceGroup {
    int first = 0;  // its lowest rank: what a collective's span says of it
    int count = 0;
    bool operator==(const TraceGroup&) const = default;
};

// Who recorded, and under which configuration: enough to understand a single file.
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
    std::string gpuActivity{};    // "on", or "off: " and why; empty in files older than this
    std::string source{};         // the other tool that recorded: "kineto"; empty: this program
    std::int64_t spanCostNs = 0;  // what recording a span cost its thread; 0: not measured
    std::vector<int> recorded{};  // the ranks that were to be recorded, ascending; empty: all
    std::vector<TraceGroup> groups{};  // that this rank is in
};

// What one stream of a GPU executed, by the GPU's own records, not the host's.
struct GpuStream {
    std::uint32_t device = 0;
    std::uint32_t context = 0;
    std::uint32_t stream = 0;
    std::vector<Span> spans{};  // by begin
    // Of a trace from another tool, for each span; else empty.
    std::vector<std::uint32_t> names{};    // into RankTrace::names
    std::vector<std::int64_t> launched{};  // when the host asked for it; 0: not known
};

// A comparison of the rank's clock with the reference clock (rank 0's host).
struct ClockSample {
    std::int64_t local = 0;
    std::int64_t reference = 0;
    std::int64_t error = 0;  // the reference is known to within +- this
    bool operator==(const ClockSample&) const = default;
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

}  // namespace ringscope
