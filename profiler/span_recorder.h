// Records what this rank does, into one trace file, at a cost of nanoseconds.
//
// Each thread writes 32-byte spans into a ring of its own; a writer thread carries them to the
// file. Nothing on the recording side locks, allocates (after a thread's first span) or waits:
// where a ring is full the span is dropped and counted, and the count stands in the file. Every
// span also opens an NVTX range in the domain "ringscope", so that NVIDIA's tools show the same
// names; without such a tool attached that costs nothing.
//
//     const ScopedSpan span({.kind = SpanKind::Attention, .operation = Operation::Block, …});
//
// One recorder per process. While there is none, or it pauses, a span costs one atomic load, and
// the stores that show its place (current_place.h).
#pragma once

#include "backend/core/result.h"
#include "backend/trace/file/trace_writer.h"
#include "backend/trace/rank_trace.h"
#include "backend/trace/span.h"
#include "profiler/correlation.h"
#include "profiler/current_place.h"
#include "profiler/tick_clock.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace ringscope {

class SpanRecorder {
public:
    static constexpr std::size_t defaultRingSpans = std::size_t{1} << 15;  // 1 MiB a thread

    // Starts the writer thread, paused. Becomes the process's recorder until it is destroyed.
    // Measures what a span costs, in under a millisecond; the trace's origin says it. `inTicks`:
    // scoped spans are stamped with the processor's counter (tick_clock.h).
    static Result<std::unique_ptr<SpanRecorder>> start(const std::filesystem::path& file,
                                                       const TraceOrigin& origin,
                                                       std::size_t ringSpans = defaultRingSpans,
                                                       bool inTicks = kernelCountsTicks());
    // Closes the file. All threads that record must have stopped doing so.
    ~SpanRecorder();
    SpanRecorder(const SpanRecorder&) = delete;
    SpanRecorder& operator=(const SpanRecorder&) = delete;

    void pause() { recording_.store(false, std::memory_order_relaxed); }
    void resume();
    std::uint64_t dropped() const;

    // The recorder if there is one and it is not paused.
    static SpanRecorder* active() {
        SpanRecorder* recorder = current_.load(std::memory_order_acquire);
        return recorder != nullptr && recorder->recording_.load(std::memory_order_relaxed)
                   ? recorder
                   : nullptr;
    }

    void record(const Span& span);

    // Returns when everything recorded so far is in the file, or fails with the reason.
    Result<void> finish() { return finish({}); }
    // And so is what others recorded meanwhile.
    struct Besides {
        std::span<const GpuStream> gpu{};
        std::span<const Allocation> allocations{};
        std::span<const std::string> notes{};
    };
    Result<void> finish(const Besides& besides);

    // What a ScopedSpan costs its thread here, in nanoseconds. The spans it takes to find out reach
    // no file. CUPTI's part is not in it.
    static std::int64_t measureSpanCost(bool inTicks = kernelCountsTicks());

private:
    friend class ScopedSpan;
    struct Ring;
    SpanRecorder(std::unique_ptr<TraceWriter> writer, std::size_t ringSpans, bool inTicks);
    // Now, as spans are stamped on their way to the writer thread.
    std::int64_t stamp() const { return inTicks_ ? tickStamp() : monotonicNow(); }
    Ring& ringOfThisThread();
    void writeLoop(const std::stop_token& stop);
    void drain();
    void readClocks();
    void toNanoseconds(std::span<Span> spans);

    static std::atomic<SpanRecorder*> current_;

    std::unique_ptr<TraceWriter> writer_;
    std::size_t ringSpans_;
    std::uint64_t generation_;  // tells a thread's cached ring of an earlier recorder
    bool inTicks_;
    bool toldToTools_;  // as NVTX ranges
    std::atomic<bool> recording_{false};
    std::mutex lineMutex_;  // line_
    TickLine line_;
    mutable std::mutex mutex_;  // rings_, failure_
    std::condition_variable_any wake_;
    std::vector<std::unique_ptr<Ring>> rings_;
    Result<void> failure_;
    bool finished_ = false;
    std::jthread writerThread_;
};

// A span from construction to destruction, on the calling thread.
class ScopedSpan {
public:
    explicit ScopedSpan(const SpanTag& tag) {
        if (tag.kind != SpanKind::Wait) showPlace(tag);
        if (SpanRecorder* recorder = SpanRecorder::active()) begin(*recorder, tag);
    }
    ~ScopedSpan() {
        if (recorder_ != nullptr) end();
    }
    ScopedSpan(const ScopedSpan&) = delete;
    ScopedSpan& operator=(const ScopedSpan&) = delete;

private:
    friend class SpanRecorder;
    ScopedSpan(SpanRecorder& recorder, const SpanTag& tag) { begin(recorder, tag); }
    void begin(SpanRecorder& recorder, const SpanTag& tag);
    void end();

    SpanRecorder* recorder_ = nullptr;
    CorrelationSink* correlation_ = nullptr;
    std::int64_t begin_ = 0;
    Span span_;  // without its times
};

// A span whose end was seen elsewhere: a transfer, stamped by its completion.
inline void recordSpan(std::int64_t begin, std::int64_t end, const SpanTag& tag) {
    if (SpanRecorder* recorder = SpanRecorder::active()) recorder->record({begin, end, tag});
}

}  // namespace ringscope
