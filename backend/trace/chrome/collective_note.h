// What a trace says of a collective operation or message beside its kernel: in the kernel's own
// arguments, or in what the host had open while it launched it.
//
//   c10d::alltoall_base_        the operation
//     record_param_comms        Collective name, process group, Seq, elements: since PyTorch 2.2
//       nccl:all_to_all         the operation
//         cudaLaunchKernel ──►  ncclKernel_SendRecv_RING_SIMPLE_Sum_int8_t
#pragma once

#include "backend/trace/chrome/chrome_event.h"
#include "backend/trace/span.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringscope {

struct CollectiveNote {
    Operation operation = Operation::None;
    std::int32_t peer = -1;  // of a message; of a collective operation: its group's first rank
    std::int64_t bytes = 0;
    std::string group{};  // tells process groups apart, alike on all ranks; empty: not known
    int groupSize = 0;    // 0: not known
    std::optional<std::int64_t> sequence{};  // of the group's operations

    // Takes what `other` knows and this does not.
    void complete(const CollectiveNote& other);
    void applyTo(SpanTag& tag) const;
};

// "ncclDevKernel_AllReduce…" and "_allgather_base" are the same words to this; None: neither.
Operation collectiveNamed(std::string_view name);

// Of an event's arguments. Nothing where they do not describe a collective.
std::optional<CollectiveNote> noteFrom(const ChromeCollective& collective);

// Of a host event's name: "nccl:all_to_all", "nccl:send 0->1", "c10d::alltoall_base_". Nothing
// where this is no call of a communication library.
std::optional<CollectiveNote> noteOfCall(std::string_view name);

}  // namespace ringscope
