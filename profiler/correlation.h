// What the host was doing when it asked a GPU for something, as a 64-bit number that travels with
// the request. CUPTI hands it back with the record of the kernel or copy, so that GPU work finds
// its layer, pass and ring step without anybody reading a kernel's name.
//
//   bit 63 = 0   one span's place, packed:   kind 4 | operation 8 | pass 3 | ring step + 1 12 |
//                                            layer + 1 12 | step 24
//   bit 63 = 1   several transfers that one kernel carries out: an index into a CorrelationTable
//
// ScopedSpan and the group's operations push and pop here. While nothing records a GPU that costs
// one atomic load.
#pragma once

#include "backend/trace/span.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace ringscope {

// A number that does not fit its field is cut to the largest that does.
std::uint64_t correlationOf(const SpanTag& tag);

class CorrelationTable {
public:
    // Of one tag that is no message: correlationOf(tag); else a new row.
    std::uint64_t add(std::span<const SpanTag> tags);
    // Empty for a number this table never gave.
    std::vector<SpanTag> tagsOf(std::uint64_t correlation) const;
    void clear();

private:
    mutable std::mutex mutex_;
    std::vector<std::vector<SpanTag>> rows_;
};

// The current listener. It must live as long as the process: a thread may still use it when it is
// no  longer the current one.
class CorrelationSink {
public:
    virtual ~CorrelationSink() = default;
    virtual void push(const SpanTag& tag) = 0;
    virtual void push(std::span<const SpanTag> transfers) = 0;
    virtual void pop() = 0;
    // A span of the host that is over. Threads of autograd push nothing: what they ask for between
    // a phase's begin and end belongs to it.
    virtual void phase(const Span& span) = 0;

    static CorrelationSink* current() { return current_.load(std::memory_order_acquire); }
    static void setCurrent(CorrelationSink* sink) {
        current_.store(sink, std::memory_order_release);
    }

private:
    inline static std::atomic<CorrelationSink*> current_{nullptr};
};

// While it lives, what this thread asks of a GPU carries out `transfers`.
class TransferCorrelation {
public:
    explicit TransferCorrelation(std::span<const SpanTag> transfers)
        : sink_(transfers.empty() ? nullptr : CorrelationSink::current()) {
        if (sink_ != nullptr) sink_->push(transfers);
    }
    ~TransferCorrelation() {
        if (sink_ != nullptr) sink_->pop();
    }
    TransferCorrelation(const TransferCorrelation&) = delete;
    TransferCorrelation& operator=(const TransferCorrelation&) = delete;

private:
    CorrelationSink* sink_;
};

}  // namespace ringscope
