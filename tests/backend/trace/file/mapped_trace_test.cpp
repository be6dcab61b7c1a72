#include "backend/trace/file/mapped_trace.h"

#include "backend/core/files.h"
#include "backend/trace/file/trace_reader.h"
#include "backend/trace/file/trace_writer.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>
#include <fstream>
#include <random>

namespace ringscope {
namespace {

using testing::TemporaryFolder;

class MappedTraceFile : public ::testing::Test {
protected:
    // Chunks whose spans overlap those of others, as threads write them.
    std::filesystem::path written(bool closed) {
        const auto file = folder.path() / (closed ? "closed.trace" : "killed.trace");
        std::mt19937 random(5);
        const auto writer = TraceWriter::create(file, {.rank = 3, .world = 4}).value();
        for (int chunk = 0; chunk < 20; ++chunk) {
            std::vector<Span> some;
            for (int i = 0; i < 50; ++i) {
                const auto begin = static_cast<std::int64_t>(chunk * 1000 + random() % 3000);
                some.emplace_back(begin, begin + static_cast<std::int64_t>(random() % 500),
                                  SpanTag{.step = chunk});
            }
            EXPECT_TRUE(writer->append(some).ok());
        }
        EXPECT_TRUE(writer->note("a note").ok());
        if (closed) {
            EXPECT_TRUE(writer->close().ok());
        }
        return file;
    }
    static std::vector<Span> searched(const std::filesystem::path& file, std::int64_t begin,
                                      std::int64_t end) {
        const RankTrace whole = readTraceFile(file).value();
        std::vector<Span> found;
        for (const Span& span : whole.spans)
            if (span.begin() < end && span.end() > begin) found.push_back(span);
        return found;
    }

    TemporaryFolder folder;
};

TEST_F(MappedTraceFile, AnswersWhatReadingAllOfItWould) {
    for (const bool closed : {true, false}) {
        const auto file = written(closed);
        MappedTrace trace = MappedTrace::open(file).value();
        EXPECT_EQ(trace.origin().rank, 3);
        EXPECT_EQ(trace.spans(), 1000U);
        for (std::int64_t begin = -100; begin < 24'000; begin += 777)
            EXPECT_EQ(trace.within(begin, begin + 500), searched(file, begin, begin + 500));
        EXPECT_EQ(trace.within(trace.begin(), trace.end() + 1).size(),
                  searched(file, trace.begin(), trace.end() + 1).size());
        EXPECT_EQ(trace.damagedChunks(), 0U);
    }
}

TEST_F(MappedTraceFile, LeavesOutAChunkThatIsDamagedAndCountsIt) {
    const auto file = written(true);
    std::string bytes = readFile(file).value();
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    std::ofstream(file, std::ios::binary) << bytes;
    MappedTrace trace = MappedTrace::open(file).value();
    EXPECT_EQ(trace.within(0, 1'000'000).size(), searched(file, 0, 1'000'000).size());
    EXPECT_EQ(trace.damagedChunks(), 1U);
}

TEST_F(MappedTraceFile, LooksAtTimesFirstAndAtTheRestWhereItFoundSomething) {
    const auto file = folder.path() / "two.trace";
    const auto writer = TraceWriter::create(file, {}).value();
    const std::vector<Span> spans = {Span(100, 110, {.bytes = 7}), Span(190, 200, {.bytes = 7})};
    ASSERT_TRUE(writer->append(spans).ok());
    ASSERT_TRUE(writer->close().ok());
    std::string bytes = readFile(file).value();
    // The only columns with a 7 are those of the words with bytes: span.h.
    bytes[bytes.find('\7', bytes.find("CHNK"))] = 8;
    std::ofstream(file, std::ios::binary) << bytes;

    MappedTrace trace = MappedTrace::open(file).value();
    EXPECT_TRUE(trace.within(120, 180).empty());
    EXPECT_EQ(trace.damagedChunks(), 0U) << "nothing there, so nothing but times was read";
    EXPECT_TRUE(trace.within(120, 195).empty());
    EXPECT_EQ(trace.damagedChunks(), 1U);
}

TEST_F(MappedTraceFile, CutAnywhereGivesWhatReadingGives) {
    const auto whole = readFile(written(true)).value();
    const auto file = folder.path() / "cut.trace";
    for (std::size_t length = 0; length < whole.size(); length += 997) {
        std::ofstream(file, std::ios::binary | std::ios::trunc)
            .write(whole.data(), static_cast<std::streamsize>(length));
        Result<MappedTrace> trace = MappedTrace::open(file);
        EXPECT_EQ(trace.ok(), readTraceFile(file).ok()) << length;
        if (trace.ok()) {
            EXPECT_EQ(trace->within(0, 1'000'000), searched(file, 0, 1'000'000)) << length;
        }
    }
}

}  // namespace
}  // namespace ringscope
