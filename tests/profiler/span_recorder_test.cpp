#include "profiler/span_recorder.h"

#include "tests/support/program.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <thread>

namespace ringscope {
namespace {

class Recording : public ::testing::Test {
protected:
    std::unique_ptr<SpanRecorder> start(std::size_t ringSpans = 1 << 12) {
        return SpanRecorder::start(file, {.rank = 0}, ringSpans).value();
    }
    RankTrace recorded() { return readTraceFile(file).value(); }

    testing::TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "rank.trace";
};

TEST_F(Recording, KeepsTheSpansOfEveryThread) {
    const auto recorder = start();
    recorder->resume();
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([thread] {
            for (int i = 0; i < 1000; ++i)
                const ScopedSpan span({.kind = SpanKind::Compute, .step = i, .layer = thread});
        });
    threads.clear();
    ASSERT_TRUE(recorder->finish().ok());
    const RankTrace trace = recorded();
    EXPECT_EQ(trace.spans.size(), 4000U);
    EXPECT_TRUE(trace.complete);
    for (int thread = 0; thread < 4; ++thread)
        EXPECT_EQ(std::ranges::count(trace.spans, thread, &Span::layer), 1000);
}

TEST_F(Recording, CountsWhatAFullRingHadToDrop) {
    const auto recorder = start(16);
    recorder->resume();
    constexpr int made = 200'000;  // faster than any writer
    for (int i = 0; i < made; ++i) recordSpan(i, i + 1, {.kind = SpanKind::Host});
    ASSERT_TRUE(recorder->finish().ok());
    const RankTrace trace = recorded();
    EXPECT_GT(trace.dropped, 0U);
    EXPECT_EQ(trace.spans.size() + trace.dropped, static_cast<std::size_t>(made));
}

TEST_F(Recording, RecordsNothingWhilePausedOrWhereThereIsNoRecorder) {
    recordSpan(1, 2, {});
    {
        const auto recorder = start();
        recordSpan(1, 2, {});
        recorder->resume();
        recordSpan(3, 4, {});
        recorder->pause();
        { const ScopedSpan span({.kind = SpanKind::Host}); }
    }
    recordSpan(1, 2, {});
    const RankTrace trace = recorded();
    ASSERT_EQ(trace.spans.size(), 1U);
    EXPECT_EQ(trace.spans[0].begin(), 3);
}

TEST_F(Recording, IsOnePerProcessAndRefusesAFileThatIsThere) {
    const auto recorder = start();
    EXPECT_FALSE(SpanRecorder::start(folder.path() / "other.trace", {}).ok());
    EXPECT_FALSE(SpanRecorder::start(file, {}).ok());
}

TEST_F(Recording, SaysInTheFileWhatASpanCostAndKeepsNoneOfThoseThatToldIt) {
    {
        const auto recorder = start();
        recorder->resume();
        { const ScopedSpan span({.kind = SpanKind::Step}); }
    }
    const RankTrace trace = recorded();
    EXPECT_GE(trace.origin.spanCostNs, 1);
    EXPECT_LT(trace.origin.spanCostNs, 1'000'000);
    EXPECT_EQ(trace.spans.size(), 1U);
    EXPECT_EQ(trace.dropped, 0U);
}

TEST_F(Recording, NestsAScopedSpanInsideAnother) {
    const auto recorder = start();
    recorder->resume();
    {
        const ScopedSpan outer({.kind = SpanKind::Step});
        const ScopedSpan inner({.kind = SpanKind::Attention});
    }
    ASSERT_TRUE(recorder->finish().ok());
    const RankTrace trace = recorded();
    ASSERT_EQ(trace.spans.size(), 2U);
    EXPECT_EQ(trace.spans[0].kind(), SpanKind::Step);
    EXPECT_GE(trace.spans[1].begin(), trace.spans[0].begin());
    EXPECT_LE(trace.spans[1].end(), trace.spans[0].end());
}

}  // namespace
}  // namespace ringscope
