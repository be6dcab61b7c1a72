#include "profiler/span_recorder.h"

#include "profiler/nvtx_ranges.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <utility>

namespace ringscope {
namespace {

constexpr auto drainInterval = std::chrono::milliseconds(20);

std::atomic<std::uint64_t> generations{0};

}  // namespace

// One producer, the thread; one consumer, the writer.
struct SpanRecorder::Ring {
    explicit Ring(std::size_t spans) : slots(std::bit_ceil(spans)) {}

    std::vector<Span> slots;
    alignas(64) std::atomic<std::uint64_t> written{0};
    alignas(64) std::atomic<std::uint64_t> read{0};
    std::uint64_t readSeen = 0;  // the producer's copy, so that it seldom touches the other's line
    std::atomic<std::uint64_t> dropped{0};

    void push(const Span& span) {
        const std::uint64_t at = written.load(std::memory_order_relaxed);
        if (at - readSeen >= slots.size()) {
            readSeen = read.load(std::memory_order_acquire);
            if (at - readSeen >= slots.size()) {
                dropped.fetch_add(1, std::memory_order_relaxed);
                return;
            }
        }
        slots[at & (slots.size() - 1)] = span;
        written.store(at + 1, std::memory_order_release);
    }
};

std::atomic<SpanRecorder*> SpanRecorder::current_{nullptr};

SpanRecorder::SpanRecorder(std::unique_ptr<TraceWriter> writer, std::size_t ringSpans)
    : writer_(std::move(writer)), ringSpans_(ringSpans), generation_(++generations) {}

Result<std::unique_ptr<SpanRecorder>> SpanRecorder::start(const std::filesystem::path& file,
                                                          const TraceOrigin& origin,
                                                          std::size_t ringSpans) {
    TraceOrigin measured = origin;
    measured.spanCostNs = measureSpanCost();
    RINGSCOPE_TRY(std::unique_ptr<TraceWriter> writer, TraceWriter::create(file, measured));
    std::unique_ptr<SpanRecorder> recorder(new SpanRecorder(std::move(writer), ringSpans));
    recorder->writerThread_ = std::jthread(
        [self = recorder.get()](const std::stop_token& stop) { self->writeLoop(stop); });
    SpanRecorder* none = nullptr;
    if (!current_.compare_exchange_strong(none, recorder.get()))
        return Error{ErrorCode::Failed, "this process records a trace already"};
    return recorder;
}

SpanRecorder::~SpanRecorder() {
    SpanRecorder* self = this;
    current_.compare_exchange_strong(self, nullptr);
    [[maybe_unused]] const Result<void> finished = finish();
}

std::uint64_t SpanRecorder::dropped() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t count = 0;
    for (const auto& ring : rings_) count += ring->dropped.load(std::memory_order_relaxed);
    return count;
}

SpanRecorder::Ring& SpanRecorder::ringOfThisThread() {
    thread_local Ring* ring = nullptr;
    thread_local std::uint64_t ringGeneration = 0;
    if (ringGeneration != generation_) {
        auto made = std::make_unique<Ring>(ringSpans_);
        ring = made.get();
        ringGeneration = generation_;
        const std::lock_guard lock(mutex_);
        rings_.push_back(std::move(made));
    }
    return *ring;
}

void SpanRecorder::record(const Span& span) { ringOfThisThread().push(span); }

void SpanRecorder::writeLoop(const std::stop_token& stop) {
    std::mutex unused;
    std::unique_lock lock(unused);
    while (!stop.stop_requested()) {
        wake_.wait_for(lock, stop, drainInterval, [] { return false; });
        drain();
    }
}

void SpanRecorder::drain() {
    std::vector<Ring*> rings;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& ring : rings_) rings.push_back(ring.get());
    }
    for (Ring* ring : rings) {
        std::uint64_t from = ring->read.load(std::memory_order_relaxed);
        const std::uint64_t to = ring->written.load(std::memory_order_acquire);
        while (from < to) {
            const std::uint64_t offset = from & (ring->slots.size() - 1);
            const std::uint64_t count = std::min(to - from, ring->slots.size() - offset);
            Result<void> appended = writer_->append({ring->slots.data() + offset, count});
            if (!appended.ok()) {
                const std::lock_guard lock(mutex_);
                if (failure_.ok()) failure_ = std::move(appended);
            }
            from += count;
            ring->read.store(from, std::memory_order_release);
        }
    }
}

Result<void> SpanRecorder::finish(const Besides& besides) {
    if (finished_ || !writer_) return failure_;
    finished_ = true;
    pause();
    writerThread_.request_stop();
    writerThread_.join();
    drain();
    if (failure_.ok() && !besides.allocations.empty())
        failure_ = writer_->append(besides.allocations);
    for (const GpuStream& stream : besides.gpu)
        if (failure_.ok()) failure_ = writer_->append(stream);
    for (const std::string& note : besides.notes)
        if (failure_.ok()) failure_ = writer_->note(note);
    if (failure_.ok()) failure_ = writer_->dropped(dropped());
    if (failure_.ok()) failure_ = writer_->close();
    return failure_;
}

std::int64_t SpanRecorder::measureSpanCost() {
    constexpr std::size_t rounds = 16;
    constexpr std::size_t inRound = 512;
    SpanRecorder nowhere(nullptr, inRound);
    Ring& ring = nowhere.ringOfThisThread();
    std::array<std::int64_t, rounds> took{};
    for (std::int64_t& round : took) {
        const std::int64_t begin = monotonicNow();
        for (std::size_t i = 0; i < inRound; ++i)
            const ScopedSpan span(&nowhere, {.kind = SpanKind::Host});
        round = monotonicNow() - begin;
        ring.read.store(ring.written.load(std::memory_order_relaxed), std::memory_order_relaxed);
    }
    // The median: in some rounds the thread was held up, in the first nothing was warm.
    std::ranges::nth_element(took, took.begin() + rounds / 2);
    return (took[rounds / 2] + inRound / 2) / inRound;
}

ScopedSpan::ScopedSpan(SpanRecorder* recorder, const SpanTag& tag)
    : recorder_(recorder), tag_(tag) {
    if (recorder_ == nullptr) return;
    pushNvtxRange(tag.operation);
    correlation_ = CorrelationSink::current();
    if (correlation_ != nullptr) correlation_->push(tag);
    begin_ = monotonicNow();
}

ScopedSpan::~ScopedSpan() {
    if (recorder_ == nullptr) return;
    const std::int64_t end = monotonicNow();
    popNvtxRange();
    recorder_->record({begin_, end, tag_});
    if (correlation_ == nullptr) return;
    correlation_->pop();
    if (tag_.kind == SpanKind::Step || tag_.kind == SpanKind::Compute)
        correlation_->phase({begin_, end, tag_});
}

}  // namespace ringscope
