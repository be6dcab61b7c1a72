#include "launcher/trace_outbox.h"

#include "backend/core/base64.h"
#include "backend/core/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace ringscope {
namespace {

namespace fs = std::filesystem;

class TraceOutboxTest : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(outbox.open().ok()); }

    void writeTrace(int rank, const std::string& bytes) const {
        fs::create_directories(outbox.folderOf(rank));
        std::ofstream(outbox.folderOf(rank) / "rank.trace", std::ios::binary) << bytes;
    }
    // The rank's trace, put together again; the exit has to come after it.
    std::string receive(int rank) {
        std::string bytes;
        for (;;) {
            const std::optional<AgentFrame> frame = outbox.next();
            if (!frame) return "nothing more to send";
            if (const auto* exit = std::get_if<RankExited>(&*frame)) {
                EXPECT_EQ(exit->rank, rank);
                return bytes;
            }
            const auto& chunk = std::get<TraceChunk>(*frame);
            EXPECT_EQ(chunk.rank, rank);
            EXPECT_EQ(chunk.offset, std::ssize(bytes));
            bytes += fromBase64(chunk.data).value();
            ++chunks;
        }
    }

    TraceOutbox outbox;
    int chunks = 0;
};

TEST(TraceOutbox, RemovesWhatAnAgentLeftThatWasKilledYesterday) {
    const fs::path old = fs::temp_directory_path() / "ringscope-trace-killed";
    const fs::path young = fs::temp_directory_path() / "ringscope-trace-living";
    for (const fs::path& folder : {old, young}) fs::create_directories(folder / "rank-0");
    fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(25));
    TraceOutbox outbox;
    ASSERT_TRUE(outbox.open().ok());
    EXPECT_FALSE(fs::exists(old));
    EXPECT_TRUE(fs::exists(young));
    fs::remove_all(young);
}

TEST_F(TraceOutboxTest, SendsATraceBeforeTheExitOfItsRank) {
    writeTrace(3, "spans of rank 3");
    outbox.add({.rank = 3, .code = 0, .signal = 0});
    EXPECT_EQ(receive(3), "spans of rank 3");
    EXPECT_EQ(outbox.next(), std::nullopt);
}

TEST_F(TraceOutboxTest, SendsALargeTraceInParts) {
    std::string bytes(500'000, 'x');
    bytes[200'000] = '\0';
    writeTrace(0, bytes);
    outbox.add({.rank = 0, .code = 0, .signal = 0});
    EXPECT_EQ(receive(0), bytes);
    EXPECT_EQ(chunks, 3);
}

TEST_F(TraceOutboxTest, SendsTheExitAloneWhereThereIsNoTrace) {
    fs::create_directories(outbox.folderOf(1));
    for (const int rank : {0, 1}) outbox.add({.rank = rank, .code = 7, .signal = 0});
    EXPECT_EQ(receive(0), "");
    EXPECT_EQ(receive(1), "");
}

TEST_F(TraceOutboxTest, SendsRanksInTheOrderTheyEnded) {
    for (const int rank : {2, 0, 1}) {
        writeTrace(rank, "trace " + std::to_string(rank));
        outbox.add({.rank = rank, .code = 0, .signal = 0});
    }
    for (const int rank : {2, 0, 1}) EXPECT_EQ(receive(rank), "trace " + std::to_string(rank));
}

TEST_F(TraceOutboxTest, KeepsItsFolderFromOtherUsers) {
    struct stat facts {};
    ASSERT_EQ(::stat(outbox.folderOf(0).parent_path().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0700);
}

TEST(TraceOutbox, RemovesItsFolder) {
    fs::path folder;
    {
        TraceOutbox outbox;
        EXPECT_FALSE(outbox.collecting());
        ASSERT_TRUE(outbox.open().ok());
        EXPECT_TRUE(outbox.collecting());
        folder = outbox.folderOf(0).parent_path();
        fs::create_directories(outbox.folderOf(0));
        EXPECT_TRUE(fs::exists(folder));
    }
    EXPECT_FALSE(fs::exists(folder));
}

TEST(TraceOutbox, ThatWasNotOpenedSendsExitsAlone) {
    TraceOutbox outbox;
    outbox.add({.rank = 4, .code = 0, .signal = 9});
    const std::optional<AgentFrame> frame = outbox.next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(std::get<RankExited>(*frame).signal, 9);
    EXPECT_EQ(outbox.next(), std::nullopt);
}

}  // namespace
}  // namespace ringscope
