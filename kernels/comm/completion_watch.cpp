#include "kernels/comm/completion_watch.h"

#include "profiler/span_recorder.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

namespace ringscope {
namespace {

class WatchedPending : public Pending {
public:
    explicit WatchedPending(std::future<void> over) : over_(std::move(over)) {}

    void wait() override {
        if (over_.valid()) over_.get();
    }

private:
    std::future<void> over_;
};

}  // namespace

class CompletionWatch::LaneThread {
public:
    LaneThread() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

    std::future<void> add(const SpanTag& tag, std::int64_t begin, std::function<void()> complete) {
        Watched watched{tag, begin, std::move(complete), {}};
        std::future<void> over = watched.over.get_future();
        {
            const std::lock_guard lock(mutex_);
            queue_.push_back(std::move(watched));
        }
        arrived_.notify_one();
        return over;
    }

private:
    struct Watched {
        SpanTag tag;
        std::int64_t begin;
        std::function<void()> complete;
        std::promise<void> over;
    };

    // Goes on until it is told to stop and nothing is left.
    void run(const std::stop_token& stop) {
        for (;;) {
            std::unique_lock lock(mutex_);
            if (!arrived_.wait(lock, stop, [this] { return !queue_.empty(); })) return;
            Watched watched = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            finish(std::move(watched));
        }
    }

    static void finish(Watched watched) {
        try {
            watched.complete();
            recordSpan(watched.begin, monotonicNow(), watched.tag);
            watched.over.set_value();
        } catch (...) {
            watched.over.set_exception(std::current_exception());
        }
    }

    std::mutex mutex_;
    std::condition_variable_any arrived_;
    std::deque<Watched> queue_;
    std::jthread thread_;
};

CompletionWatch::CompletionWatch() = default;
CompletionWatch::~CompletionWatch() = default;

std::unique_ptr<Pending> CompletionWatch::watch(Lane lane, const SpanTag& tag, std::int64_t begin,
                                                std::function<void()> complete) {
    std::unique_ptr<LaneThread>& thread = lanes_[static_cast<std::size_t>(lane)];
    if (!thread) thread = std::make_unique<LaneThread>();
    return std::make_unique<WatchedPending>(thread->add(tag, begin, std::move(complete)));
}

}  // namespace ringscope
