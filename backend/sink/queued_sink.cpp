#include "backend/sink/queued_sink.h"

#include "backend/run/run_summary.h"

#include <fmt/format.h>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace ringscope {

// Shared with the thread, which may outlive the sink.
struct QueuedSink::State {
    explicit State(std::unique_ptr<SinkWriter> sinkWriter) : writer(std::move(sinkWriter)) {}

    void work();
    void take(std::unique_lock<std::mutex>& lock);

    std::unique_ptr<SinkWriter> writer;  // used by the thread alone
    std::mutex mutex;                    // of everything below
    std::condition_variable changed;
    std::deque<RunEvent> waiting{};
    std::int64_t added = 0;
    std::int64_t dropped = 0;  // there was no room for them
    std::int64_t failed = 0;   // the writer refused them, or had failed before
    std::optional<Error> failure{};
    bool ending = false;
    bool done = false;
};

void QueuedSink::State::work() {
    std::unique_lock lock(mutex);
    for (;;) {
        changed.wait(lock, [this] { return ending || !waiting.empty(); });
        if (waiting.empty()) break;
        take(lock);
    }
    if (!failure) {
        lock.unlock();
        Result<void> closed = writer->close();
        lock.lock();
        if (!closed.ok()) failure = std::move(closed).error();
    }
    done = true;
    changed.notify_all();
}

void QueuedSink::State::take(std::unique_lock<std::mutex>& lock) {
    const RunEvent event = std::move(waiting.front());
    waiting.pop_front();
    if (failure) {
        ++failed;
        return;
    }
    lock.unlock();
    Result<void> written = writer->write(event);
    lock.lock();
    if (written.ok()) return;
    ++failed;
    failure = std::move(written).error();
}

QueuedSink::QueuedSink(std::string name, std::unique_ptr<SinkWriter> writer, SinkLimits limits,
                       std::function<std::int64_t()> utcMicroseconds)
    : name_(std::move(name)),
      limits_(limits),
      now_(std::move(utcMicroseconds)),
      state_(std::make_shared<State>(std::move(writer))) {
    std::thread([state = state_] { state->work(); }).detach();
}

QueuedSink::~QueuedSink() { finish(); }

Result<void> QueuedSink::created(const RunRecord& run) {
    run_ = std::make_shared<const RunRecord>(run);
    add({.kind = RunEvent::Kind::Began});
    return {};
}

Result<void> QueuedSink::step(const RunRecord& /*run*/, const StepRecord& step) {
    add({.kind = RunEvent::Kind::Step, .step = step});
    return {};
}

Result<void> QueuedSink::validation(const RunRecord& /*run*/, const ValidationRecord& validation) {
    add({.kind = RunEvent::Kind::Validation, .validation = validation});
    return {};
}

Result<void> QueuedSink::ended(const RunRecord& run) {
    RunRecord last = run;
    last.steps.clear();
    last.summary = summaryOf(run);
    run_ = std::make_shared<const RunRecord>(std::move(last));
    add({.kind = RunEvent::Kind::Ended});
    return {};
}

void QueuedSink::add(RunEvent event) {
    event.timeUs = now_();
    event.run = run_;
    const std::lock_guard lock(state_->mutex);
    ++state_->added;
    // The beginning and the end of a run are worth more than any of its steps.
    const std::size_t room =
        limits_.queue + (event.kind == RunEvent::Kind::Step ? 0 : limits_.queue);
    if (state_->waiting.size() >= room)
        ++state_->dropped;
    else
        state_->waiting.push_back(std::move(event));
    state_->changed.notify_all();
}

std::vector<std::string> QueuedSink::finish() {
    std::unique_lock lock(state_->mutex);
    if (std::exchange(state_->ending, true)) return {};
    state_->changed.notify_all();
    state_->changed.wait_for(lock, limits_.atEnd, [this] { return state_->done; });
    std::vector<std::string> sentences;
    const std::int64_t lost = state_->dropped + state_->failed + std::ssize(state_->waiting);
    if (state_->failure)
        sentences.push_back(fmt::format("--sink {}: {}; {} of {} events were not written", name_,
                                        state_->failure->message, lost, state_->added));
    else if (lost > 0)
        sentences.push_back(fmt::format("--sink {} is too slow: {} of {} events were not written",
                                        name_, lost, state_->added));
    else if (!state_->done)
        sentences.push_back(fmt::format("--sink {} has not ended {} s after the last event", name_,
                                        limits_.atEnd.count() / 1000.0));
    return sentences;
}

}  // namespace ringscope
