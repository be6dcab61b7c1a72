// Records when an operation was complete, not when the rank waited for it.
//
// c10d's Gloo reports the end of a send or receive only through wait(). While a trace is recorded,
// a thread for each lane waits for that lane's operations in their order, writes each one's
// transfer span, and wakes the rank. Operations of one lane complete in the order they were posted,
// so no span ends late because its thread waited for another operation.
#pragma once

#include "backend/trace/span.h"
#include "kernels/comm/group.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

namespace ringscope {

enum class Lane : std::uint8_t {
    SendKeyValue,
    ReceiveKeyValue,
    SendKeyValueGrad,
    ReceiveKeyValueGrad,
    Collective,
};

class CompletionWatch {
public:
    CompletionWatch();
    // Waits for the operations that are not complete.
    ~CompletionWatch();
    CompletionWatch(const CompletionWatch&) = delete;
    CompletionWatch& operator=(const CompletionWatch&) = delete;

    // `begin`: when the operation was begun to be posted, by monotonicNow(); read before the post,
    // so that no message seems to be complete before it was sent.
    // `complete` must return when the operation is complete, or throw. wait() of the result returns
    // after it, or throws the same.
    std::unique_ptr<Pending> watch(Lane lane, const SpanTag& tag, std::int64_t begin,
                                   std::function<void()> complete);

private:
    class LaneThread;
    std::array<std::unique_ptr<LaneThread>, 5> lanes_;
};

}  // namespace ringscope
