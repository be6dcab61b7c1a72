#include "backend/trace/rank_trace.h"

#include "backend/core/files.h"
#include "backend/trace/file/trace_format.h"
#include "backend/trace/file/trace_reader.h"
#include "backend/trace/file/trace_writer.h"
#include "backend/trace/trace_files.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <fstream>

namespace ringscope {
namespace {

using test::TemporaryFolder;

TraceOrigin origin() {
    return {.run = "r",
            .rank = 2,
            .world = 4,
            .host = "h",
            .pid = 7,
            .mode = "ring",
            .device = "cpu",
            .firstStep = 1,
            .endStep = 3};
}

Span span(std::int64_t begin, std::int64_t end) {
    return {begin,
            end,
            {.kind = SpanKind::Transfer,
             .operation = Operation::Send,
             .pass = SpanPass::Backward,
             .step = 2,
             .layer = 3,
             .ringStep = 1,
             .peer = 0,
             .bytes = 4096,
             .message = 9}};
}

std::filesystem::path writtenTrace(const TemporaryFolder& folder) {
    const std::filesystem::path file = folder.path() / traceFileName(2);
    auto writer = TraceWriter::create(file, origin()).value();
    const std::vector<Span> first = {span(10, 20), span(5, 30)};
    const std::vector<Span> second = {span(40, 41)};
    EXPECT_TRUE(writer->append(first).ok());
    EXPECT_TRUE(writer->dropped(12).ok());
    EXPECT_TRUE(writer->append(second).ok());
    EXPECT_TRUE(writer->clock({.local = 1, .reference = 2, .error = 3}).ok());
    EXPECT_TRUE(writer->close().ok());
    return file;
}

RC_GTEST_PROP(Span, GivesBackWhatItWasGiven, ()) {
    const SpanTag tag{.kind = static_cast<SpanKind>(*rc::gen::inRange(0, 7)),
                      .operation = static_cast<Operation>(*rc::gen::inRange(0, operationCount)),
                      .pass = static_cast<SpanPass>(*rc::gen::inRange(0, 4)),
                      .step = *rc::gen::inRange(0, 1 << 24),
                      .layer = *rc::gen::inRange(-1, 4094),
                      .ringStep = *rc::gen::inRange(-1, 4094),
                      .peer = *rc::gen::inRange(-1, 4094),
                      .bytes = *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 44),
                      .message = *rc::gen::inRange<std::uint32_t>(0, 1U << 28)};
    const auto begin = *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 60);
    const auto length = *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 44);
    const Span made(begin, begin + length, tag);
    RC_ASSERT(made.begin() == begin);
    RC_ASSERT(made.end() == begin + length);
    RC_ASSERT(made.tag() == tag);
    RC_ASSERT(made.wellFormed());
}

TEST(Span, CutsAValueThatDoesNotFitInsteadOfSpoilingAnother) {
    const Span made(0, 1, {.operation = Operation::Send, .peer = 1 << 20, .bytes = INT64_MAX});
    EXPECT_EQ(made.operation(), Operation::Send);
    EXPECT_EQ(made.duration(), 1);
    EXPECT_EQ(made.bytes(), (std::int64_t{1} << 44) - 1);
}

TEST(TraceFile, ReadsBackWhatWasWrittenInOrderOfTime) {
    const TemporaryFolder folder;
    const RankTrace trace = readTraceFile(writtenTrace(folder)).value();
    EXPECT_EQ(trace.spans, (std::vector<Span>{span(5, 30), span(10, 20), span(40, 41)}));
    EXPECT_EQ(trace.origin.mode, "ring");
    EXPECT_EQ(trace.origin.rank, 2);
    EXPECT_EQ(trace.dropped, 12U);
    ASSERT_EQ(trace.clock.size(), 1U);
    EXPECT_EQ(trace.clock[0].reference, 2);
    EXPECT_TRUE(trace.complete);
    EXPECT_TRUE(trace.losses.empty());
}

TEST(TraceFile, IsNeverOverwritten) {
    const TemporaryFolder folder;
    const auto file = writtenTrace(folder);
    EXPECT_FALSE(TraceWriter::create(file, origin()).ok());
    EXPECT_TRUE(readTraceFile(file).ok());
}

TEST(TraceFile, CutAnywhereGivesItsWholeChunksAndSaysWhatIsMissing) {
    const TemporaryFolder folder;
    const std::string whole = readFile(writtenTrace(folder)).value();
    const auto cut = folder.path() / "cut.trace";
    std::size_t readable = 0;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        std::ofstream(cut, std::ios::binary).write(whole.data(), static_cast<long>(length));
        const Result<RankTrace> trace = readTraceFile(cut);
        if (!trace.ok()) continue;  // the header itself is cut
        EXPECT_FALSE(trace->losses.empty()) << "cut at " << length;
        EXPECT_GE(trace->spans.size(), readable);
        readable = trace->spans.size();
    }
    EXPECT_EQ(readable, 3U);
}

TEST(TraceFile, FlippedBitsAreNoticed) {
    const TemporaryFolder folder;
    const std::string whole = readFile(writtenTrace(folder)).value();
    const auto file = folder.path() / "flipped.trace";
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        std::ofstream(file, std::ios::binary) << damaged;
        const Result<RankTrace> trace = readTraceFile(file);
        if (trace.ok() && trace->losses.empty()) {
            // Only a field that no reader uses may differ without a word.
            EXPECT_EQ(trace->spans.size(), 3U) << "byte " << at;
        }
    }
}

RC_GTEST_PROP(TraceFile, SurvivesAnyBytes, ()) {
    const TemporaryFolder folder;
    std::string bytes = *rc::gen::arbitrary<std::string>();
    if (*rc::gen::arbitrary<bool>()) bytes = "RSCPTRC1" + bytes;
    const auto file = folder.path() / "any.trace";
    std::ofstream(file, std::ios::binary) << bytes;
    const Result<RankTrace> trace = readTraceFile(file);
    RC_ASSERT(trace.ok() || !trace.error().message.empty());
}

// More spans than a chunk holds, each with a name.
struct ManySpans {
    std::vector<Span> spans;
    std::vector<std::uint32_t> names;

    explicit ManySpans(std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) {
            spans.push_back(span(i, i + 1));
            names.push_back(static_cast<std::uint32_t>(i % 7));
        }
    }
};

TEST(TraceFile, LosesOnePieceOfALongListToOneDamagedByte) {
    const TemporaryFolder folder;
    const std::filesystem::path file = folder.path() / traceFileName(2);
    constexpr std::int64_t inChunk = traceformat::mostInChunk;
    const ManySpans many(3 * inChunk - 5);
    auto writer = TraceWriter::create(file, origin()).value();
    ASSERT_TRUE(writer->names(std::vector<std::string>(7, "name")).ok());
    ASSERT_TRUE(writer->append(many.spans, many.names).ok());
    ASSERT_TRUE(writer->append(GpuStream{0, 0, 7, many.spans, many.names, {}}).ok());
    ASSERT_TRUE(writer->close().ok());

    const RankTrace whole = readTraceFile(file).value();
    EXPECT_TRUE(whole.losses.empty());
    EXPECT_EQ(whole.spans, many.spans);
    EXPECT_EQ(whole.spanNames, many.names);
    ASSERT_EQ(whole.gpu.size(), 1U);
    EXPECT_EQ(whole.gpu[0].spans, many.spans);
    EXPECT_EQ(whole.gpu[0].names, many.names);
    EXPECT_TRUE(whole.gpu[0].launched.empty());

    std::string bytes = readFile(file).value();
    bytes[bytes.size() / 5] = static_cast<char>(bytes[bytes.size() / 5] ^ 1);
    std::ofstream(file, std::ios::binary) << bytes;
    const RankTrace damaged = readTraceFile(file).value();
    EXPECT_EQ(std::ssize(damaged.spans), std::ssize(many.spans) - inChunk);
    EXPECT_EQ(damaged.spanNames.size(), damaged.spans.size());
    for (std::size_t i = 0; i < damaged.spans.size(); ++i)
        ASSERT_EQ(damaged.spanNames[i], damaged.spans[i].begin() % 7);
    EXPECT_EQ(damaged.gpu[0].spans, many.spans);
    EXPECT_FALSE(damaged.losses.empty());
}

TEST(TraceFile, KeepsAllocationsAndRefusesImpossibleOnes) {
    const TemporaryFolder folder;
    const std::filesystem::path file = folder.path() / traceFileName(2);
    const std::vector<Allocation> written = {{.begin = 5,
                                              .end = 9,
                                              .bytes = 100,
                                              .step = 2,
                                              .layer = 3,
                                              .category = MemoryCategory::Logits},
                                             {.begin = 6, .end = 2, .bytes = 100},
                                             {.begin = 6, .bytes = 40}};
    auto writer = TraceWriter::create(file, origin()).value();
    ASSERT_TRUE(writer->append(std::span<const Allocation>(written)).ok());
    ASSERT_TRUE(writer->close().ok());

    const RankTrace trace = readTraceFile(file).value();
    EXPECT_EQ(trace.allocations, (std::vector{written[0], written[2]}));
    ASSERT_EQ(trace.losses.size(), 1U);
    EXPECT_EQ(trace.losses[0], "1 allocations hold impossible values");
}

TEST(TraceFile, SaysWhichRanksWereToBeRecordedAndWhoseCollectivesItIsIn) {
    const TemporaryFolder folder;
    const std::filesystem::path file = folder.path() / traceFileName(2);
    TraceOrigin some = origin();
    some.recorded = {1, 2};
    some.groups = {{2, 2}, {0, 3}};
    ASSERT_TRUE(TraceWriter::create(file, some).value()->close().ok());
    const TraceOrigin read = readTraceFile(file).value().origin;
    EXPECT_EQ(read.recorded, some.recorded);
    EXPECT_EQ(read.groups, some.groups);
}

TEST(TraceFile, KeepsEachStreamOfAGpuApartFromTheHost) {
    const TemporaryFolder folder;
    const std::filesystem::path file = folder.path() / traceFileName(2);
    TraceOrigin recorded = origin();
    recorded.gpuActivity = "on";
    auto writer = TraceWriter::create(file, recorded).value();
    const std::vector<Span> host = {span(10, 20)};
    ASSERT_TRUE(writer->append(host).ok());
    ASSERT_TRUE(writer->append(GpuStream{1, 5, 7, {span(40, 50)}}).ok());
    ASSERT_TRUE(writer->append(GpuStream{0, 5, 7, {span(30, 35)}}).ok());
    ASSERT_TRUE(writer->append(GpuStream{1, 5, 7, {span(25, 26)}}).ok());
    ASSERT_TRUE(writer->note("3 GPU records were dropped").ok());
    ASSERT_TRUE(writer->close().ok());

    const RankTrace trace = readTraceFile(file).value();
    EXPECT_EQ(trace.origin.gpuActivity, "on");
    EXPECT_EQ(trace.spans, host);
    ASSERT_EQ(trace.gpu.size(), 2U);
    EXPECT_EQ(trace.gpu[0].device, 0U);
    EXPECT_EQ(trace.gpu[0].spans, (std::vector{span(30, 35)}));
    EXPECT_EQ(trace.gpu[1].stream, 7U);
    EXPECT_EQ(trace.gpu[1].spans, (std::vector{span(25, 26), span(40, 50)}));
    EXPECT_EQ(trace.notes, (std::vector<std::string>{"3 GPU records were dropped"}));
    EXPECT_TRUE(trace.losses.empty());
}

}  // namespace
}  // namespace ringscope
