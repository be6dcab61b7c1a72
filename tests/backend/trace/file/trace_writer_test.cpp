// What a writer does when the disk does not take what it writes.
#include "backend/trace/file/trace_writer.h"

#include "backend/trace/file/trace_reader.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <cerrno>
#include <csignal>
#include <vector>

namespace ringscope {
namespace {

using test::TemporaryFolder;

// While it lives, no file of this process grows beyond `bytes`: a write up to there is short, and
// one beyond it fails.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    rlimit before_{};
    void (*handler_)(int);
};

TEST(TraceWriter, SaysWhyAHeaderCannotBeWrittenAndLeavesNoFile) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "full.trace";
    errno = ENOENT;  // what a short write leaves in errno is no reason
    {
        const FileSizeLimit limit(20);
        const auto writer = TraceWriter::create(file, {});
        ASSERT_FALSE(writer.ok());
        EXPECT_EQ(writer.error().message,
                  "cannot write the trace '" + file.string() + "': File too large");
    }
    EXPECT_FALSE(std::filesystem::exists(file));
    EXPECT_TRUE(TraceWriter::create(file, {}).ok()) << "a second try";
}

TEST(TraceWriter, SaysWhyAChunkCannotBeWritten) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "full.trace";
    const auto writer = TraceWriter::create(file, {.run = "r"}).value();
    const std::vector<Span> spans(100, Span(5, 9, {}));
    {
        const FileSizeLimit limit(std::filesystem::file_size(file) + 1000);
        const Result<void> written = writer->append(spans);
        ASSERT_FALSE(written.ok());
        EXPECT_EQ(written.error().message, "cannot write the trace: File too large");
    }
    const RankTrace read = readTraceFile(file).value();
    EXPECT_EQ(read.origin.run, "r");
    EXPECT_TRUE(read.spans.empty());
    EXPECT_FALSE(read.losses.empty());
}

TEST(AppendedClock, IsReadWithTheFileThatItsRankHasClosed) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "closed.trace";
    const std::vector<Span> spans = {Span(5, 9, {})};
    {
        const auto writer = TraceWriter::create(file, {}).value();
        ASSERT_TRUE(writer->append(spans).ok());
        ASSERT_TRUE(writer->close().ok());
    }
    const std::vector<ClockSample> samples = {{1, 2, 3}, {11, 13, 1}};
    ASSERT_TRUE(appendClock(file, samples).ok());
    const RankTrace read = readTraceFile(file).value();
    EXPECT_EQ(read.spans, spans);
    EXPECT_TRUE(read.complete);
    ASSERT_EQ(read.clock.size(), 2U);
    EXPECT_EQ(read.clock[1].reference, 13);
    EXPECT_TRUE(read.losses.empty());
}

TEST(AppendedClock, MakesNoFileWhereThereIsNone) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "none.trace";
    EXPECT_FALSE(appendClock(file, std::vector<ClockSample>{{1, 2, 3}}).ok());
    EXPECT_FALSE(std::filesystem::exists(file));
}

}  // namespace
}  // namespace ringscope
