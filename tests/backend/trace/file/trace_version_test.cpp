// Files of an earlier version, as its own writer left them.
#include "backend/core/files.h"
#include "backend/trace/file/trace_format.h"
#include "backend/trace/file/trace_reader.h"
#include "backend/trace/rank_trace.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>
#include <fstream>

namespace ringscope {
namespace {

const std::filesystem::path version1 =
    std::filesystem::path(RINGSCOPE_FIXTURES) / "version-1.trace";
// Version 2 was written with an index of its chunks until decision 14.
const std::filesystem::path indexed =
    std::filesystem::path(RINGSCOPE_FIXTURES) / "version-2-with-index.trace";

// What the fixture's writer was given.
Span message(std::int64_t begin, std::int64_t end, int peer) {
    return {begin,
            end,
            {.kind = SpanKind::Transfer,
             .operation = Operation::Send,
             .pass = SpanPass::Backward,
             .step = 2,
             .layer = 3,
             .ringStep = 1,
             .peer = peer,
             .bytes = 4096,
             .message = 9}};
}

TEST(TraceOfVersion1, IsReadWhole) {
    const RankTrace trace = readTraceFile(version1).value();
    EXPECT_EQ(trace.origin.run, "old");
    EXPECT_EQ(trace.origin.rank, 1);
    EXPECT_EQ(trace.spans, (std::vector<Span>{message(1'000, 1'500, 0), message(1'200, 1'300, 2),
                                              message(2'000, 2'700, 0), message(2'500, 2'600, 2)}));
    ASSERT_EQ(trace.gpu.size(), 1U);
    EXPECT_EQ(trace.gpu[0].stream, 7U);
    EXPECT_EQ(trace.gpu[0].spans,
              (std::vector<Span>{message(1'010, 1'020, 0), message(2'010, 2'020, 2)}));
    EXPECT_EQ(trace.gpu[0].names, (std::vector<std::uint32_t>{1, 0}));
    EXPECT_EQ(trace.gpu[0].launched, (std::vector<std::int64_t>{1'005, 2'005}));
    EXPECT_EQ(trace.names, (std::vector<std::string>{"first", "second"}));
    EXPECT_EQ(trace.allocations,
              (std::vector<Allocation>{{.begin = 900,
                                        .end = 2'900,
                                        .bytes = 1 << 20,
                                        .step = 2,
                                        .layer = 3,
                                        .category = MemoryCategory::Gradients}}));
    EXPECT_EQ(trace.notes, (std::vector<std::string>{"a note"}));
    EXPECT_EQ(trace.dropped, 5U);
    ASSERT_EQ(trace.clock.size(), 1U);
    EXPECT_EQ(trace.clock[0].reference, 20);
    EXPECT_TRUE(trace.complete);
    EXPECT_TRUE(trace.losses.empty()) << trace.losses.front();
}

TEST(TraceWithAnIndex, IsReadAsOneWithout) {
    const RankTrace trace = readTraceFile(indexed).value();
    EXPECT_EQ(trace.origin.run, "indexed");
    EXPECT_EQ(trace.spans, (std::vector<Span>{message(1'000, 1'500, 0), message(1'200, 1'300, 0),
                                              message(2'000, 2'700, 0)}));
    EXPECT_TRUE(trace.complete);
    EXPECT_TRUE(trace.losses.empty()) << trace.losses.front();
}

TEST(TraceOfALaterVersion, IsRefusedWithWhatToDo) {
    const test::TemporaryFolder folder;
    std::string bytes = readFile(version1).value();
    bytes[traceformat::magic.size()] = traceformat::formatVersion + 1;
    const auto file = folder.path() / "later.trace";
    std::ofstream(file, std::ios::binary) << bytes;
    const Result<RankTrace> trace = readTraceFile(file);
    ASSERT_FALSE(trace.ok());
    EXPECT_NE(trace.error().message.find("is newer than this program"), std::string::npos)
        << trace.error().message;
    EXPECT_NE(trace.error().message.find("use a newer Ringscope"), std::string::npos);
}

}  // namespace
}  // namespace ringscope
