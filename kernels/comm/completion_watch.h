// Stamps the moment an operation was complete, not the moment somebody asked.
//
// c10d's Gloo says of a send or receive only in wait() that it is over. While a trace is recorded,
// a thread per lane does nothing but wait for that lane's operations in their order, writes each
// one's transfer span, and lets the rank know. Operations of one lane complete in the order they
// were posted, so a thread never stamps late because it waited for another.
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
    // Waits for what is still under way.
    ~CompletionWatch();
    CompletionWatch(const CompletionWatch&) = delete;
    CompletionWatch& operator=(const CompletionWatch&) = delete;

    // `complete` returns when the operation is over, or throws; wait() of the answer then returns,
    // or throws the same.
    std::unique_ptr<Pending> watch(Lane lane, const SpanTag& tag, std::function<void()> complete);

private:
    class LaneThread;
    std::array<std::unique_ptr<LaneThread>, 5> lanes_;
};

}  // namespace ringscope
