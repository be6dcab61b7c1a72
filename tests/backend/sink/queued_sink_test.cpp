#include "backend/sink/queued_sink.h"

#include "tests/backend/sink/events.h"

#include <gmock/gmock.h>
#include <future>
#include <mutex>

namespace ringscope {
namespace {

using std::chrono::milliseconds;
using test::smallRun;
using test::stepOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What a writer was given; it outlives the sink, whose thread may be the longest.
struct Written {
    std::mutex mutex;
    std::vector<std::int64_t> steps;
    bool began = false;
    std::optional<std::int64_t> stepsAtEnd;
    bool closed = false;
};

class Notebook final : public SinkWriter {
public:
    explicit Notebook(std::shared_ptr<Written> written) : written_(std::move(written)) {}

    Result<void> write(const RunEvent& event) override {
        const std::lock_guard lock(written_->mutex);
        if (event.kind == RunEvent::Kind::Began) written_->began = true;
        if (event.step) written_->steps.push_back(event.step->step);
        if (event.kind == RunEvent::Kind::Ended) written_->stepsAtEnd = event.run->summary->steps;
        return {};
    }
    Result<void> close() override {
        const std::lock_guard lock(written_->mutex);
        written_->closed = true;
        return {};
    }

private:
    std::shared_ptr<Written> written_;
};

// Stands still at its first event until it is let go.
class Stuck final : public SinkWriter {
public:
    explicit Stuck(std::shared_future<void> until) : until_(std::move(until)) {}
    Result<void> write(const RunEvent& /*event*/) override {
        until_.wait();
        return {};
    }

private:
    std::shared_future<void> until_;
};

class Failing final : public SinkWriter {
public:
    Result<void> write(const RunEvent& event) override {
        if (!event.step) return {};
        return Error{ErrorCode::Failed, "cannot write 'x': No space left on device"};
    }
};

TEST(QueuedSink, TellsAllOfARunInItsOrder) {
    auto written = std::make_shared<Written>();
    QueuedSink sink("notes", std::make_unique<Notebook>(written));
    RunRecord run = smallRun();
    ASSERT_TRUE(sink.created(run).ok());
    for (std::int64_t step = 0; step < 3; ++step) {
        run.steps.push_back(stepOf(step));
        ASSERT_TRUE(sink.step(run, run.steps.back()).ok());
    }
    ASSERT_TRUE(sink.ended(run).ok());
    EXPECT_THAT(sink.finish(), IsEmpty());
    EXPECT_TRUE(written->began);
    EXPECT_THAT(written->steps, ElementsAre(0, 1, 2));
    EXPECT_EQ(written->stepsAtEnd, 3);
    EXPECT_TRUE(written->closed);
}

TEST(QueuedSink, ThatStandsStillNeverHoldsUpARun) {
    std::promise<void> go;
    QueuedSink sink("pipe", std::make_unique<Stuck>(go.get_future().share()),
                    {.queue = 10, .atEnd = milliseconds(20)});
    const RunRecord run = smallRun();
    ASSERT_TRUE(sink.created(run).ok());
    for (std::int64_t step = 0; step < 1000; ++step) ASSERT_TRUE(sink.step(run, stepOf(step)).ok());
    ASSERT_TRUE(sink.ended(run).ok());
    const std::vector<std::string> sentences = sink.finish();
    ASSERT_EQ(sentences.size(), 1U);
    EXPECT_THAT(sentences.front(),
                ::testing::MatchesRegex("--sink pipe is too slow: 100[0-9] of 1002 events were "
                                        "not written"));
    go.set_value();
}

TEST(QueuedSink, ThatFailsIsNamedOnceWithWhatWasLost) {
    QueuedSink sink("jsonl:x", std::make_unique<Failing>());
    const RunRecord run = smallRun();
    ASSERT_TRUE(sink.created(run).ok());
    for (std::int64_t step = 0; step < 4; ++step) ASSERT_TRUE(sink.step(run, stepOf(step)).ok());
    EXPECT_THAT(sink.finish(), ElementsAre("--sink jsonl:x: cannot write 'x': No space left on "
                                           "device; 4 of 5 events were not written"));
    EXPECT_THAT(sink.finish(), IsEmpty());
}

}  // namespace
}  // namespace ringscope
