#include "backend/trace/file/trace_contents.h"

#include "backend/core/files.h"
#include "backend/trace/file/trace_folder.h"
#include "backend/trace/file/trace_writer.h"
#include "backend/trace/trace_files.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>
#include <fstream>
#include <random>

namespace ringscope {
namespace {

class ContentsOfAFolder : public ::testing::Test {
protected:
    // Ranks 0 and 1 of 4; the second on another clock, with GPU streams, not closed.
    void SetUp() override {
        std::mt19937 random(9);
        const auto some = [&](std::size_t count, std::int64_t from) {
            std::vector<Span> spans;
            for (std::size_t i = 0; i < count; ++i) {
                const auto begin = from + static_cast<std::int64_t>(random() % 10'000);
                const auto kind = static_cast<SpanKind>(random() % 7);
                spans.emplace_back(begin, begin + static_cast<std::int64_t>(random() % 500),
                                   SpanTag{.kind = kind});
            }
            return spans;
        };
        for (int r : {0, 1}) {
            const auto writer = TraceWriter::create(folder.path() / traceFileName(r),
                                                    {.rank = r, .world = 4, .spanCostNs = 45})
                                    .value();
            EXPECT_TRUE(writer->append(some(300, 1'000'000)).ok());
            EXPECT_TRUE(writer->dropped(static_cast<std::uint64_t>(r)).ok());
            EXPECT_TRUE(writer->append(some(50, 2'000'000)).ok());
            if (r == 0) {
                EXPECT_TRUE(writer->close().ok());
                continue;
            }
            EXPECT_TRUE(writer->append(GpuStream{0, 1, 7, some(20, 1'500'000)}).ok());
            EXPECT_TRUE(writer->append(GpuStream{0, 1, 3, some(10, 3'000'000)}).ok());
            EXPECT_TRUE(writer->append(GpuStream{0, 1, 7, some(5, 1'600'000)}).ok());
            EXPECT_TRUE(writer->note("a note").ok());
            EXPECT_TRUE(writer->clock({.local = 1'000, .reference = 500'000, .error = 30}).ok());
        }
    }
    static void expectSame(const TraceContents& counted, const TraceContents& read) {
        EXPECT_EQ(counted.begin, read.begin);
        EXPECT_EQ(counted.end, read.end);
        EXPECT_EQ(counted.clockErrorNs, read.clockErrorNs);
        EXPECT_EQ(counted.notes, read.notes);
        EXPECT_EQ(counted.spans(), read.spans());
        ASSERT_EQ(counted.ranks.size(), read.ranks.size());
        for (std::size_t r = 0; r < read.ranks.size(); ++r) {
            const RankContents& a = counted.ranks[r];
            const RankContents& b = read.ranks[r];
            EXPECT_EQ(a.origin.rank, b.origin.rank);
            EXPECT_EQ(a.origin.spanCostNs, b.origin.spanCostNs);
            EXPECT_EQ(a.hostSpans, b.hostSpans);
            EXPECT_EQ(a.steps, b.steps);
            EXPECT_EQ(a.stepTime, b.stepTime);
            EXPECT_EQ(a.dropped, b.dropped);
            EXPECT_EQ(a.complete, b.complete);
            ASSERT_EQ(a.gpu.size(), b.gpu.size());
            for (std::size_t s = 0; s < b.gpu.size(); ++s) {
                EXPECT_EQ(a.gpu[s].stream, b.gpu[s].stream);
                EXPECT_EQ(a.gpu[s].spans, b.gpu[s].spans);
            }
        }
    }

    test::TemporaryFolder folder;
};

TEST_F(ContentsOfAFolder, AreWhatReadingAllOfItSays) {
    const TraceContents counted = readTraceContents(folder.path()).value();
    EXPECT_EQ(counted.spans(), 735U);
    EXPECT_GT(counted.ranks[0].steps, 0);
    expectSame(counted, contentsOf(readTrace(folder.path()).value()));
}

TEST_F(ContentsOfAFolder, SayWhatADamagedFileLost) {
    const auto file = folder.path() / traceFileName(1);
    std::string bytes = readFile(file).value();
    bytes[bytes.size() / 3] = static_cast<char>(bytes[bytes.size() / 3] ^ 1);
    std::ofstream(file, std::ios::binary).write(bytes.data(), std::ssize(bytes) - 7);
    const TraceContents counted = readTraceContents(folder.path()).value();
    EXPECT_LT(counted.spans(), 735U);
    expectSame(counted, contentsOf(readTrace(folder.path()).value()));
}

// One file whose header is damaged leaves the others readable.
TEST_F(ContentsOfAFolder, LeaveOutAFileWhoseHeaderIsDamaged) {
    const auto file = folder.path() / traceFileName(1);
    const std::string whole = readFile(file).value();
    for (const std::size_t at :
         {std::size_t{0}, std::size_t{9}, std::size_t{13}, std::size_t{40}}) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
        std::ofstream(file, std::ios::binary) << bytes;
        const Result<TraceContents> counted = readTraceContents(folder.path());
        ASSERT_TRUE(counted.ok()) << "byte " << at << ": " << counted.error().message;
        EXPECT_EQ(counted->ranks.size(), 1U) << "byte " << at;
        EXPECT_FALSE(counted->notes.empty()) << "byte " << at;
        expectSame(*counted, contentsOf(readTrace(folder.path()).value()));
    }
}

}  // namespace
}  // namespace ringscope
