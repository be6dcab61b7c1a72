#include "profiler/span_recorder.h"

#include "backend/trace/file/trace_reader.h"
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
    std::unique_ptr<SpanRecorder> startOn(bool ticks) {
        std::filesystem::remove(file);
        return SpanRecorder::start(file, {.rank = 0}, 1 << 12, ticks).value();
    }
    RankTrace recorded() { return readTraceFile(file).value(); }

    test::TemporaryFolder folder;
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

// With the counter where this machine can, and always with the kernel's clock.
std::vector<bool> clocks() {
    return kernelCountsTicks() ? std::vector{false, true} : std::vector{false};
}

TEST_F(Recording, NestsAScopedSpanInsideAnother) {
    for (const bool ticks : clocks()) {
        const auto recorder = startOn(ticks);
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
}

// What others stamped with the kernel's clock stands where it happened among scoped spans, also
// where the writer thread read the clocks many times in between.
TEST_F(Recording, PutsEveryStampOnOneClock) {
    constexpr std::int64_t tolerance =
        100'000;  // a reading may be held up between two instructions
    for (const bool ticks : clocks()) {
        const auto recorder = startOn(ticks);
        const std::int64_t begin = monotonicNow();
        recorder->resume();
        std::vector<std::int64_t> around;
        {
            const ScopedSpan step({.kind = SpanKind::Step});
            for (int i = 0; i < 200; ++i) {
                around.push_back(monotonicNow());
                { const ScopedSpan block({.kind = SpanKind::Attention}); }
                around.push_back(monotonicNow());
                recordSpan(around[around.size() - 2], around.back(), {.kind = SpanKind::Transfer});
                while (monotonicNow() < around.back() + 500'000) continue;
            }
        }
        const std::int64_t end = monotonicNow();
        ASSERT_TRUE(recorder->finish().ok());
        std::size_t block = 0;
        for (const Span& span : recorded().spans) {
            EXPECT_GE(span.begin(), begin - tolerance);
            EXPECT_LE(span.end(), end + tolerance);
            if (span.kind() == SpanKind::Transfer) {
                EXPECT_TRUE(std::ranges::binary_search(around, span.begin()));
            }
            if (span.kind() != SpanKind::Attention) continue;
            EXPECT_GE(span.begin(), around[2 * block] - tolerance);
            EXPECT_LE(span.end(), around[2 * block + 1] + tolerance);
            ++block;
        }
        EXPECT_EQ(block, 200U);
    }
}

}  // namespace
}  // namespace ringscope
