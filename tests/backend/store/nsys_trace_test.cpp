// An export as Nsight Systems lays it out, made by hand.
#include "backend/store/nsys_trace.h"

#include "backend/analysis/findings.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <fstream>

namespace ringscope {
namespace {

using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* schema = R"sql(
CREATE TABLE META_DATA_EXPORT (name TEXT, value TEXT);
CREATE TABLE StringIds (id INTEGER PRIMARY KEY, value TEXT);
CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER, end INTEGER, deviceId INTEGER,
    contextId INTEGER, streamId INTEGER, correlationId INTEGER, globalPid INTEGER,
    demangledName INTEGER, shortName INTEGER);
CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start INTEGER, end INTEGER, deviceId INTEGER,
    contextId INTEGER, streamId INTEGER, correlationId INTEGER, globalPid INTEGER, bytes INTEGER,
    copyKind INTEGER);
CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER, end INTEGER, globalTid INTEGER,
    correlationId INTEGER, nameId INTEGER, returnValue INTEGER);
CREATE TABLE NVTX_EVENTS (start INTEGER, end INTEGER, eventType INTEGER, text TEXT,
    globalTid INTEGER, textId INTEGER);
INSERT INTO StringIds VALUES (1, 'gemm'), (2, 'ncclDevKernel_AllReduce_Sum'),
    (3, 'cudaLaunchKernel'), (4, 'step 6');
)sql";

class NsysExport : public ::testing::Test {
protected:
    std::filesystem::path write(const std::string& sql) const {
        const auto file = folder.path() / "report.sqlite";
        sqlite3* database = nullptr;
        EXPECT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
        char* problem = nullptr;
        EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &problem), SQLITE_OK)
            << problem;
        sqlite3_close(database);
        return file;
    }
    TemporaryFolder folder;
};

// Process p of host 1, as Nsight numbers it.
std::string process(int p) {
    return std::to_string((std::int64_t{1} << 48) | (static_cast<std::int64_t>(p) << 24));
}

std::string kernel(int p, int stream, int begin, int end, int name, int correlation = 0) {
    return "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (" + std::to_string(begin) + "," +
           std::to_string(end) + ",0,1," + std::to_string(stream) + "," +
           std::to_string(correlation) + "," + process(p) + "," + std::to_string(name) + ",1);";
}

TEST_F(NsysExport, BecomesARankForEachProcessWithAGpu) {
    const auto file = write(
        std::string(schema) + kernel(700, 7, 1000, 1400, 1, 55) + kernel(700, 20, 1200, 1600, 2) +
        kernel(701, 7, 1000, 1100, 1) + kernel(701, 20, 1500, 1600, 2) +
        "INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES (1700,1750,0,1,7,9," + process(700) +
        ",4096,1);"
        "INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (900,910," +
        process(700) +
        ",55,3,0);"
        "INSERT INTO NVTX_EVENTS VALUES (800,2000,59,NULL," +
        process(700) +
        ",4);"
        "INSERT INTO NVTX_EVENTS VALUES (800,2000,59,NULL," +
        process(701) +
        ",4);"
        "INSERT INTO NVTX_EVENTS VALUES (850,860,59,'mine'," +
        process(700) +
        ",NULL);"
        "INSERT INTO NVTX_EVENTS VALUES (1,2,59,'launcher'," +
        process(600) + ",NULL);");
    const Trace trace = importNsysTrace(file).value();
    ASSERT_EQ(trace.ranks.size(), 2U);
    const RankTrace& rank = trace.ranks[0];
    EXPECT_EQ(rank.origin.source, "nsys");
    EXPECT_EQ(rank.origin.pid, 700);
    ASSERT_EQ(rank.gpu.size(), 2U);
    ASSERT_EQ(rank.gpu[0].spans.size(), 2U);
    EXPECT_EQ(rank.names[rank.gpu[0].names[0]], "gemm");
    EXPECT_EQ(rank.gpu[0].launched[0], 900);
    EXPECT_EQ(rank.gpu[0].spans[0].step(), 6);
    EXPECT_EQ(rank.gpu[0].spans[1].operation(), Operation::MemoryCopy);
    EXPECT_EQ(rank.gpu[0].spans[1].bytes(), 4096);
    EXPECT_EQ(rank.gpu[1].spans[0].operation(), Operation::AllReduce);
    EXPECT_THAT(trace.notes,
                ElementsAre("rank 0: processes that used no GPU and are left out: 1",
                            "2 communication kernels carry no sequence number: those that are "
                            "alike are paired by their order in a step and a process group"));

    const RunFindings findings = analyze(trace);
    EXPECT_TRUE(findings.clock.splits) << "one report, one clock: " << findings.clock.sentence;
    EXPECT_EQ(findings.ranks[0].communication.hidden, 200);
    EXPECT_EQ(findings.ranks[0].communication.hiddenWait, 200) << "rank 1 comes at 1500";
    EXPECT_EQ(findings.ranks[0].communication.wait, 100);
    EXPECT_EQ(findings.blame[1].causedWait, 100);
}

TEST_F(NsysExport, SaysWhichFilesOfItsFolderAreLeftOut) {
    write(schema + kernel(1, 7, 100, 200, 1));
    std::ofstream(folder.path() / "rank-0.json") << "{}";
    ASSERT_TRUE(isNsysExport(folder.path()));
    const Trace trace = importNsysTrace(folder.path()).value();
    EXPECT_THAT(trace.notes,
                ::testing::Contains("1 file is left out (rank-0.json): a folder is read as one "
                                    "kind of trace, here Nsight's .sqlite; name the file, or move "
                                    "it to a folder of its own"));
}

TEST_F(NsysExport, CountsWhatHasNoTimes) {
    const Trace trace = importNsysTrace(write(std::string(schema) + kernel(700, 7, 1000, 1400, 1) +
                                              kernel(700, 7, 0, 0, 1) + kernel(700, 7, 9, 5, 1)))
                            .value();
    EXPECT_THAT(trace.notes,
                ElementsAre("rank 0: events that are in no figure: 2 without usable times"));
}

TEST_F(NsysExport, RefusesAnotherDatabaseAndNoDatabase) {
    const Result<Trace> other = importNsysTrace(write("CREATE TABLE run (id TEXT);"));
    ASSERT_FALSE(other.ok());
    EXPECT_THAT(other.error().message, HasSubstr("nsys export --type sqlite"));
    const auto file = folder.path() / "none.sqlite";
    std::ofstream(file) << "hello, this is text and no database at all, not even nearly";
    EXPECT_FALSE(importNsysTrace(file).ok());
}

}  // namespace
}  // namespace ringscope
