// What a GPU did, as spans: the conversion of CUPTI's records, free of CUPTI itself.
//
// A record says when and on which stream; the correlation number its launch carried says of what it
// was part (profiler/correlation.h). A kernel of a batch of messages becomes one span for each
// message. Times are the rank's CLOCK_MONOTONIC, which CUPTI is given as its clock.
//
//   record                     becomes
//   kernel                     what its launch was part of: attention, transfer; else compute
//   copy, set                  copy
//   copy between GPUs          what its launch was part of, if that is a transfer; else copy
//   marker (NVTX range)        a host span, unless it is one of our own
//   call, correlation          nothing: they lead a record to its place
//   synchronization, overhead  a sum
#pragma once

#include "backend/trace/rank_trace.h"
#include "profiler/correlation.h"
#include "profiler/cupti_memory.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ringscope {

struct GpuRecord {
    enum class Kind : std::uint8_t {
        Kernel,
        Copy,
        PeerCopy,
        Set,
        Call,  // of the CUDA API, from call to return
        Correlation,
        Synchronization,
        Overhead,
        MarkerBegin,
        MarkerEnd,
        Incomplete,  // CUPTI could not finish it
        Other,
    };
    Kind kind = Kind::Other;
    std::uint32_t correlation = 0;  // ties a call to what it launched; of a marker: its number
    std::int64_t begin = 0;         // 0: CUPTI does not know
    std::int64_t end = 0;
    std::uint32_t device = 0;
    std::uint32_t context = 0;
    std::uint32_t stream = 0;
    std::int64_t bytes = 0;
    std::uint64_t external = 0;  // of a correlation: what was pushed
};

struct GpuCounts {
    std::uint64_t kernels = 0;  // drawn
    std::uint64_t copies = 0;   // drawn, sets included
    std::uint64_t markers = 0;  // drawn
    std::uint64_t placedByPhase =
        0;                         // drawn; their launch carried no number, its time says the phase
    std::uint64_t unplaced = 0;    // drawn; nothing is known of their launch
    std::uint64_t broken = 0;      // not drawn: no times, or an end before the beginning
    std::uint64_t incomplete = 0;  // not drawn
    std::uint64_t other = 0;       // of no kind that was asked for
    std::uint64_t dropped = 0;     // CUPTI had no room
    std::int64_t synchronizing = 0;  // ns the host's threads waited for the GPU, summed
    std::int64_t overhead = 0;       // ns CUPTI took for itself, summed
};

struct GpuActivity {
    std::vector<GpuStream> streams;  // by device, context, stream; spans by begin
    std::vector<Span> host;          // ranges other libraries marked
    GpuMemory memory;                // empty where nobody asked for it
    GpuCounts counts;
};

// `phases` are spans of the host, in any order. Records come in any order too.
GpuActivity convertRecords(std::span<const GpuRecord> records, const CorrelationTable& table,
                           std::span<const Span> phases);

// Sentences to be shown beside the figures: what is missing or uncertain. None where all is well.
std::vector<std::string> notesOn(const GpuCounts& counts);

}  // namespace ringscope
