// How fast messages were, by operation, as nccl-tests counts it: 1 GB is 10^9 bytes.
//
//   algbw   bytes / duration: waiting for the other ranks is in it
//   busbw   bytes x factor / transfer: without the waiting, what a link carried. Our own spans
//           count what a rank hands to others, so their factor is 1. Another tool's count the
//           whole array: 2(n-1)/n for all-reduce, (n-1)/n for the other collectives, 1 for
//           messages. A message with an end that is not in the trace is left out of busbw, as it is
//           not known how long it moved
#pragma once

#include "backend/analysis/clock_verdict.h"
#include "backend/trace/trace.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ringscope {

struct Bandwidth {
    Operation operation = Operation::None;
    std::int64_t count = 0;  // messages of known size, over all ranks; a message once, as sent
    std::int64_t bytes = 0;
    std::int64_t duration = 0;      // summed
    std::int64_t transfer = 0;      // summed, of those with all ends in the trace
    double carried = 0;             // bytes x factor, of the same
    std::optional<double> algbw{};  // GB/s
    std::optional<double> busbw{};  // nothing where wait and transfer are not told apart
};

// `trace` as withGpuSpans() makes it. By operation, the most bytes first.
std::vector<Bandwidth> bandwidths(const Trace& trace, const TrustedMeetings& trusted);

// All operations as one; nothing where no message has a known size.
std::optional<Bandwidth> together(const std::vector<Bandwidth>& all);

}  // namespace ringscope
