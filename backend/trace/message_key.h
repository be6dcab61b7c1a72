// What both ends of a message, or all ranks of a collective operation, say alike.
#pragma once

#include "backend/trace/span.h"

#include <array>
#include <cstdint>

namespace ringscope {

using MessageKey = std::array<std::int64_t, 8>;

inline bool isMessage(Operation operation) {
    return operation == Operation::Send || operation == Operation::Receive;
}

inline MessageKey messageKey(int rank, const Span& span) {
    const bool message = isMessage(span.operation());
    const bool sends = span.operation() == Operation::Send;
    // Send and receive are one operation with a direction.
    // A collective among some of the ranks says the first of them.
    const int from = message && sends ? rank : span.peer();
    const int to = !message ? -1 : sends ? span.peer() : rank;
    return {span.step(),
            span.layer(),
            static_cast<int>(span.pass()),
            message ? -1 : static_cast<int>(span.operation()),
            from,
            to,
            span.message(),
            message ? span.bytes() : -1};
}

}  // namespace ringscope
