// One GPU whose every microsecond is known, and random ones counted nanosecond by nanosecond.
#include "backend/analysis/tool_variants.h"

#include "backend/analysis/findings.h"
#include "backend/trace/trace.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <random>

namespace ringscope {
namespace {

Span work(SpanKind kind, std::int64_t begin, std::int64_t end) {
    SpanTag tag{.kind = kind, .operation = Operation::Kernel};
    if (kind == SpanKind::Copy) tag.operation = Operation::MemoryCopy;
    if (kind == SpanKind::Transfer) tag.operation = Operation::AllReduce;
    return {begin, end, tag};
}

Trace gpuTrace(std::vector<GpuStream> streams) {
    RankTrace rank;
    rank.origin.source = "kineto";
    rank.gpu = std::move(streams);
    rank.complete = true;
    return mergeRanks({rank});
}

TEST(ToolVariants, OfAKnownGpu) {
    // compute     [0,10)        [30,40)
    // transfer        [5,20)
    // copy                 [18,22)  [38,45)
    const ToolVariants v =
        toolVariants(
            gpuTrace({{0, 1, 7, {work(SpanKind::Compute, 0, 10), work(SpanKind::Compute, 30, 40)}},
                      {0, 1, 8, {work(SpanKind::Transfer, 5, 20)}},
                      {0, 1, 9, {work(SpanKind::Copy, 18, 22), work(SpanKind::Copy, 38, 45)}}}))
            .front();
    EXPECT_EQ(v.hta.kernelTime, 45);
    EXPECT_EQ(v.hta.idle, 8);
    EXPECT_EQ(v.hta.compute, 20);
    EXPECT_EQ(v.hta.nonCompute, 17);
    EXPECT_DOUBLE_EQ(*v.hta.overlapPercent, 100.0 * 5 / 15);
    EXPECT_EQ(v.hta.computeOnly, 13);
    EXPECT_EQ(v.hta.commAndMemory, 2);
    EXPECT_EQ(v.hta.computeAndMemory, 2);
    EXPECT_EQ(v.traceLens.exposedComm, 10);
    EXPECT_EQ(v.traceLens.exposedMemcpy, 7);
    EXPECT_EQ(v.traceLens.busy, 37);
    EXPECT_EQ(v.tensorBoard.computation, 15);
    EXPECT_EQ(v.tensorBoard.overlapping, 5);
    EXPECT_EQ(v.tensorBoard.communication, 10);
    EXPECT_EQ(v.tensorBoard.other, 15);
    EXPECT_TRUE(v.violations.empty());
}

TEST(ToolVariants, TellWhyAStreamIsIdleByWhenItsKernelsWereLaunched) {
    GpuStream stream{0, 1, 7, {}, {}, {}};
    for (std::int64_t begin : {0, 120, 240, 500})
        stream.spans.push_back(work(SpanKind::Compute, begin, begin + 100));
    stream.launched = {0, 110, 130, 200};
    const HtaFigures hta = toolVariants(gpuTrace({stream})).front().hta;
    EXPECT_EQ(hta.hostWait, 20) << "launched after the kernel before it had ended";
    EXPECT_EQ(hta.kernelWait, 20);
    EXPECT_EQ(hta.otherWait, 160);
}

TEST(ToolVariants, SayNothingOfOverlapWithoutCommunication) {
    const ToolVariants v =
        toolVariants(gpuTrace({{0, 1, 7, {work(SpanKind::Compute, 0, 10)}}})).front();
    EXPECT_FALSE(v.hta.overlapPercent.has_value());
}

// Several streams, touching, nested and empty kernels, against counting every nanosecond.
TEST(ToolVariants, AgreeWithCountingEveryNanosecond) {
    constexpr std::size_t horizon = 120;
    std::mt19937 random(11);
    for (int round = 0; round < 300; ++round) {
        std::vector<GpuStream> streams(3);
        std::vector<int> under(horizon, 0);  // bit 0 compute, 1 transfer, 2 copy
        std::size_t first = horizon;
        std::size_t last = 0;
        constexpr std::array kinds = {SpanKind::Compute, SpanKind::Transfer, SpanKind::Copy};
        for (int i = 0; i < 14; ++i) {
            const std::size_t begin = random() % 100;
            const std::size_t end = begin + random() % 20;
            const std::size_t kind = random() % 3;
            streams[random() % 3].spans.push_back(work(
                kinds[kind], static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end)));
            for (std::size_t t = begin; t < end; ++t) under[t] |= 1 << kind;
            if (begin < end) {
                first = std::min(first, begin);
                last = std::max(last, end);
            }
        }
        const auto count = [&](const auto& holds) {
            std::int64_t found = 0;
            for (std::size_t t = 0; t < horizon; ++t) found += holds(under[t]) ? 1 : 0;
            return found;
        };
        for (std::size_t s = 0; s < streams.size(); ++s) {
            streams[s].stream = static_cast<std::uint32_t>(s);
            std::ranges::stable_sort(streams[s].spans, {}, &Span::begin);
        }
        const Trace trace = gpuTrace(streams);
        const ToolVariants v = toolVariants(trace).front();
        const RankFigures rank = analyze(trace).ranks.front();
        EXPECT_EQ(v.hta.kernelTime, static_cast<std::int64_t>(last - first));
        EXPECT_EQ(v.hta.compute, count([](int u) { return (u & 1) != 0; }));
        EXPECT_EQ(v.hta.nonCompute, count([](int u) { return u != 0 && (u & 1) == 0; }));
        EXPECT_EQ(v.traceLens.exposedComm, count([](int u) { return (u & 3) == 2; }));
        EXPECT_EQ(v.traceLens.exposedMemcpy, count([](int u) { return u == 4; }));
        EXPECT_EQ(v.hta.allThree, count([](int u) { return u == 7; }));
        EXPECT_EQ(v.hta.commAndMemory, count([](int u) { return u == 6; }));
        EXPECT_EQ(rank.communication.hidden, count([](int u) { return (u & 3) == 3; }));
        EXPECT_EQ(rank.communication.exposed, count([](int u) { return (u & 3) == 2; }));
        EXPECT_EQ(rank.compute, v.hta.compute);
        EXPECT_EQ(rank.copiesExposed, v.traceLens.exposedMemcpy);
        EXPECT_TRUE(v.violations.empty());
    }
}

}  // namespace
}  // namespace ringscope
