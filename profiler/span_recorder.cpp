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
    std::uint64_t readSeen = 0;  // the producer's copy, so that it seldom touches the other's line
    std::atomic<std::uint64_t> dropped{0};
    alignas(64) std::atomic<std::uint64_t> read{0};

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

SpanRecorder::SpanRecorder(std::unique_ptr<TraceWriter> writer, std::size_t ringSpans, bool inTicks)
    : writer_(std::move(writer)),
      ringSpans_(ringSpans),
      generation_(++generations),
      inTicks_(inTicks),
      toldToTools_(nvtxHasListener()) {}

Result<std::unique_ptr<SpanRecorder>> SpanRecorder::start(const std::filesystem::path& file,
                                                          const TraceOrigin& origin,
                                                          std::size_t ringSpans, bool inTicks) {
    TraceOrigin measured = origin;
    measured.spanCostNs = measureSpanCost(inTicks);
    RINGSCOPE_TRY(std::unique_ptr<TraceWriter> writer, TraceWriter::create(file, measured));
    std::unique_ptr<SpanRecorder> recorder(new SpanRecorder(std::move(writer), ringSpans, inTicks));
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

void SpanRecorder::resume() {
    readClocks();
    recording_.store(true, std::memory_order_relaxed);
}

void SpanRecorder::readClocks() {
    if (!inTicks_) return;
    const TickLine::Reading now = TickLine::readBoth();
    const std::lock_guard lock(lineMutex_);
    line_.add(now);
}

void SpanRecorder::toNanoseconds(std::span<Span> spans) {
    if (!inTicks_) return;
    const std::lock_guard lock(lineMutex_);
    for (Span& span : spans)
        if (isTicks(span.begin()))
            span = span.at(line_.nanosecondsAt(ticksOf(span.begin())),
                           line_.nanosecondsAt(ticksOf(span.end())));
}

void SpanRecorder::drain() {
    struct Waiting {
        Ring* ring;
        std::uint64_t from;
        std::uint64_t to;
    };
    std::vector<Waiting> waiting;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& ring : rings_)
            waiting.push_back({ring.get(), ring->read.load(std::memory_order_relaxed),
                               ring->written.load(std::memory_order_acquire)});
    }
    std::erase_if(waiting, [](const Waiting& each) { return each.from == each.to; });
    // After every stamp that is about to be turned into nanoseconds.
    if (!waiting.empty() || recording_.load(std::memory_order_relaxed)) readClocks();
    for (auto& [ring, from, to] : waiting) {
        while (from < to) {
            const std::uint64_t offset = from & (ring->slots.size() - 1);
            const std::uint64_t count = std::min(to - from, ring->slots.size() - offset);
            const std::span<Span> spans(ring->slots.data() + offset, count);
            toNanoseconds(spans);  // the slots are ours until `read` says otherwise
            Result<void> appended = writer_->append(spans);
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

std::int64_t SpanRecorder::measureSpanCost(bool inTicks) {
    constexpr std::size_t rounds = 16;
    constexpr std::size_t inRound = 512;
    SpanRecorder nowhere(nullptr, inRound, inTicks);
    Ring& ring = nowhere.ringOfThisThread();
    std::array<std::int64_t, rounds> took{};
    for (std::int64_t& round : took) {
        const std::int64_t begin = monotonicNow();
        for (std::size_t i = 0; i < inRound; ++i)
            const ScopedSpan span(nowhere, {.kind = SpanKind::Host});
        round = monotonicNow() - begin;
        ring.read.store(ring.written.load(std::memory_order_relaxed), std::memory_order_relaxed);
    }
    // The median: in some rounds the thread was held up, in the first nothing was warm.
    std::ranges::nth_element(took, took.begin() + rounds / 2);
    return (took[rounds / 2] + inRound / 2) / inRound;
}

// What does not belong to the span is done before it begins and after it ends.
void ScopedSpan::begin(SpanRecorder& recorder, const SpanTag& tag) {
    recorder_ = &recorder;
    span_ = Span(0, 0, tag);
    if (recorder.toldToTools_) pushNvtxRange(tag.operation);
    correlation_ = CorrelationSink::current();
    if (correlation_ == nullptr) {
        begin_ = recorder.stamp();
        return;
    }
    // Who listens wants the phases of the host beside a GPU's records, in nanoseconds and now.
    correlation_->push(tag);
    begin_ = monotonicNow();
}

void ScopedSpan::end() {
    const Span span = span_.at(begin_, isTicks(begin_) ? tickStamp() : monotonicNow());
    if (recorder_->toldToTools_) popNvtxRange();
    recorder_->record(span);
    if (correlation_ == nullptr) return;
    correlation_->pop();
    if (span.kind() == SpanKind::Step || span.kind() == SpanKind::Compute)
        correlation_->phase(span);
}

}  // namespace ringscope
