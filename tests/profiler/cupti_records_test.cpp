// Records made by hand: what CUPTI would tell, where there is no GPU.
#include "profiler/cupti_records.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

using Kind = GpuRecord::Kind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

GpuRecord work(Kind kind, std::uint32_t correlation, std::int64_t begin, std::int64_t end) {
    return {.kind = kind,
            .correlation = correlation,
            .begin = begin,
            .end = end,
            .device = 0,
            .context = 1,
            .stream = 7,
            .bytes = 4096};
}

GpuRecord kernel(std::uint32_t correlation, std::int64_t begin, std::int64_t end) {
    return work(Kind::Kernel, correlation, begin, end);
}

class Records : public ::testing::Test {
protected:
    // As CUPTI does for a launch inside a push and a pop.
    void launched(std::uint32_t correlation, const std::vector<SpanTag>& tags,
                  std::int64_t at = 1) {
        records.push_back(
            {.kind = Kind::Correlation, .correlation = correlation, .external = table.add(tags)});
        call(correlation, at);
    }
    void call(std::uint32_t correlation, std::int64_t at) {
        records.push_back(
            {.kind = Kind::Call, .correlation = correlation, .begin = at, .end = at + 1});
    }
    GpuActivity converted() const { return convertRecords(records, table, phases); }

    const SpanTag block{.kind = SpanKind::Attention,
                        .operation = Operation::Block,
                        .pass = SpanPass::Backward,
                        .step = 4,
                        .layer = 2,
                        .ringStep = 1};
    CorrelationTable table;
    std::vector<GpuRecord> records;
    std::vector<Span> phases;
};

TEST_F(Records, AKernelIsWhatItsLaunchWasPartOf) {
    launched(5, {block});
    records.push_back(kernel(5, 100, 130));
    const GpuActivity activity = converted();
    ASSERT_EQ(activity.streams.size(), 1U);
    EXPECT_EQ(activity.streams[0].device, 0U);
    EXPECT_EQ(activity.streams[0].stream, 7U);
    EXPECT_THAT(activity.streams[0].spans, ElementsAre(Span(100, 130, block)));
    EXPECT_THAT(notesOn(activity.counts), IsEmpty());
}

TEST_F(Records, ARecordMayComeBeforeItsLaunch) {
    records.push_back(kernel(5, 100, 130));
    launched(5, {block});
    EXPECT_EQ(converted().streams.at(0).spans.at(0).tag(), block);
}

TEST_F(Records, OneKernelMayCarryManyMessages) {
    SpanTag sent{.kind = SpanKind::Transfer,
                 .operation = Operation::Send,
                 .layer = 1,
                 .ringStep = 0,
                 .peer = 1,
                 .bytes = 100,
                 .message = 4};
    SpanTag received = sent;
    received.operation = Operation::Receive;
    received.peer = 3;
    launched(9, {sent, received});
    records.push_back(kernel(9, 10, 20));
    const GpuActivity activity = converted();
    EXPECT_THAT(activity.streams.at(0).spans,
                ElementsAre(Span(10, 20, sent), Span(10, 20, received)));
    EXPECT_EQ(activity.counts.kernels, 1U);
}

TEST_F(Records, CopiesAreCopiesUnlessTheyMoveAMessageBetweenGpus) {
    const SpanTag message{.kind = SpanKind::Transfer, .operation = Operation::Send, .peer = 1};
    launched(1, {block});
    launched(2, {message});
    launched(3, {message});
    launched(4, {block});
    records.push_back(work(Kind::Copy, 1, 10, 11));
    records.push_back(work(Kind::Copy, 2, 20, 21));
    records.push_back(work(Kind::PeerCopy, 3, 30, 31));
    records.push_back(work(Kind::Set, 4, 40, 41));
    const std::vector<Span> spans = converted().streams.at(0).spans;
    ASSERT_EQ(spans.size(), 4U);
    EXPECT_EQ(spans[0].kind(), SpanKind::Copy);
    EXPECT_EQ(spans[0].operation(), Operation::MemoryCopy);
    EXPECT_EQ(spans[0].bytes(), 4096);
    EXPECT_EQ(spans[0].layer(), block.layer);
    EXPECT_EQ(spans[1].kind(), SpanKind::Copy);
    EXPECT_EQ(spans[1].peer(), -1);
    EXPECT_EQ(spans[2].tag(), message);
    EXPECT_EQ(spans[3].kind(), SpanKind::Copy);
    EXPECT_EQ(spans[3].operation(), Operation::MemorySet);
}

TEST_F(Records, KernelsOfAutogradsThreadsBelongToThePhaseThatWasOpen) {
    const SpanTag step{.kind = SpanKind::Step, .step = 2};
    const SpanTag backward{.kind = SpanKind::Compute, .operation = Operation::Backward, .step = 2};
    phases = {Span(0, 1000, step), Span(300, 600, backward)};
    call(1, 400);  // runs long after its phase
    records.push_back(kernel(1, 700, 800));
    call(2, 650);
    records.push_back(kernel(2, 800, 900));
    const GpuActivity activity = converted();
    const std::vector<Span>& spans = activity.streams.at(0).spans;
    EXPECT_EQ(spans.at(0).tag(), backward);
    EXPECT_EQ(spans.at(1).kind(), SpanKind::Compute);
    EXPECT_EQ(spans.at(1).operation(), Operation::Kernel);
    EXPECT_EQ(spans.at(1).step(), 2);
    EXPECT_EQ(activity.counts.placedByPhase, 2U);
    EXPECT_EQ(activity.counts.unplaced, 0U);
}

TEST_F(Records, WhatHasNoTimesIsCountedAndNotDrawn) {
    launched(1, {block});
    records.push_back(kernel(1, 0, 0));
    records.push_back(kernel(1, 20, 10));
    records.push_back(kernel(1, 0, 10));
    records.push_back({.kind = Kind::Incomplete});
    GpuActivity activity = converted();
    EXPECT_THAT(activity.streams, IsEmpty());
    activity.counts.dropped = 4;
    EXPECT_THAT(notesOn(activity.counts),
                ElementsAre("4 GPU records were dropped by CUPTI: the figures are too small",
                            "3 GPU records have no usable times and are not drawn",
                            "1 GPU records are incomplete and are not drawn"));
}

TEST_F(Records, AKernelThatNobodyLaunchedIsDrawnAndSaidSo) {
    records.push_back(kernel(77, 10, 20));
    const GpuActivity activity = converted();
    EXPECT_EQ(activity.streams.at(0).spans.at(0).kind(), SpanKind::Compute);
    EXPECT_THAT(
        notesOn(activity.counts),
        ElementsAre("1 GPU records have no layer, pass or step: their launch was not seen"));
}

TEST_F(Records, StandByStreamInTheOrderTheyBegan) {
    GpuRecord other = kernel(1, 5, 6);
    other.device = 1;
    GpuRecord second = kernel(1, 30, 40);
    records = {other, second, kernel(1, 10, 20)};
    const GpuActivity activity = converted();
    ASSERT_EQ(activity.streams.size(), 2U);
    EXPECT_EQ(activity.streams[0].device, 0U);
    EXPECT_EQ(activity.streams[0].spans.at(0).begin(), 10);
    EXPECT_EQ(activity.streams[0].spans.at(1).begin(), 30);
    EXPECT_EQ(activity.streams[1].device, 1U);
}

TEST_F(Records, AMarkedRangeIsASpanOfTheHost) {
    phases = {Span(0, 100, {.kind = SpanKind::Compute, .step = 3})};
    records = {{.kind = Kind::MarkerBegin, .correlation = 1, .begin = 10},
               {.kind = Kind::MarkerEnd, .correlation = 1, .begin = 25},
               {.kind = Kind::MarkerBegin, .correlation = 2, .begin = 30}};
    const GpuActivity activity = converted();
    ASSERT_EQ(activity.host.size(), 1U);
    EXPECT_EQ(activity.host[0].kind(), SpanKind::Host);
    EXPECT_EQ(activity.host[0].duration(), 15);
    EXPECT_EQ(activity.host[0].step(), 3);
    EXPECT_EQ(activity.counts.broken, 1U) << "a range without an end";
}

TEST_F(Records, WaitingAndOverheadAreSummed) {
    records = {{.kind = Kind::Synchronization, .begin = 10, .end = 25},
               {.kind = Kind::Synchronization, .begin = 30, .end = 31},
               {.kind = Kind::Overhead, .begin = 5, .end = 105}};
    EXPECT_EQ(converted().counts.synchronizing, 16);
    EXPECT_EQ(converted().counts.overhead, 100);
}

// Whatever comes: nothing is lost without being counted, and every span is one a file can hold.
RC_GTEST_PROP(AnyRecords, AreDrawnOrCounted, ()) {
    const auto number = rc::gen::inRange<std::int64_t>(-5, 60);
    const std::vector<GpuRecord> records = *rc::gen::container<std::vector<GpuRecord>>(rc::gen::map(
        rc::gen::tuple(rc::gen::inRange(0, static_cast<int>(Kind::Other) + 1),
                       rc::gen::inRange<std::uint32_t>(0, 8), number, number,
                       rc::gen::inRange<std::uint32_t>(0, 3), rc::gen::arbitrary<std::uint64_t>()),
        [](const auto& drawn) {
            const auto& [kind, correlation, begin, end, stream, external] = drawn;
            return GpuRecord{.kind = static_cast<Kind>(kind),
                             .correlation = correlation,
                             .begin = begin,
                             .end = end,
                             .stream = stream,
                             .external = external};
        }));
    const std::vector<Span> phases = {Span(0, 40, {.kind = SpanKind::Step})};
    const GpuActivity activity = convertRecords(records, CorrelationTable(), phases);

    const auto count = [&](auto... kinds) {
        return static_cast<std::uint64_t>(std::ranges::count_if(
            records, [&](const GpuRecord& record) { return ((record.kind == kinds) || ...); }));
    };
    std::uint64_t drawn = 0;
    for (const GpuStream& stream : activity.streams) {
        RC_ASSERT(std::ranges::is_sorted(stream.spans, {}, &Span::begin));
        for (const Span& span : stream.spans) RC_ASSERT(span.wellFormed());
        drawn += stream.spans.size();
    }
    const GpuCounts& counts = activity.counts;
    RC_ASSERT(drawn == counts.kernels + counts.copies);
    RC_ASSERT(counts.placedByPhase + counts.unplaced <= drawn);
    RC_ASSERT(counts.markers == activity.host.size());
    RC_ASSERT(counts.incomplete == count(Kind::Incomplete));
    RC_ASSERT(counts.other == count(Kind::Other));
    RC_ASSERT(drawn + counts.markers + counts.broken +
                  static_cast<std::uint64_t>(std::ranges::count_if(
                      records,
                      [](const GpuRecord& record) {
                          return (record.kind == Kind::Synchronization ||
                                  record.kind == Kind::Overhead) &&
                                 record.begin > 0 && record.end >= record.begin;
                      })) ==
              count(Kind::Kernel, Kind::Copy, Kind::PeerCopy, Kind::Set, Kind::MarkerBegin,
                    Kind::Synchronization, Kind::Overhead));
}

}  // namespace
}  // namespace ringscope
