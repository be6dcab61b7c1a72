// What our own Chrome export says is read back; what stands beside it in a folder is not lost in
// silence.
#include "backend/trace/chrome/chrome_export.h"
#include "backend/trace/chrome/import.h"
#include "backend/trace/file/trace_folder.h"
#include "backend/trace/trace.h"
#include "backend/trace/trace_files.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fstream>

namespace ringscope {
namespace {

using test::TemporaryFolder;
using ::testing::ElementsAre;

class OurExport : public ::testing::Test {
protected:
    std::filesystem::path write(const std::string& name, const std::string& text) const {
        const std::filesystem::path file = folder.path() / name;
        std::ofstream(file, std::ios::binary) << text;
        return file;
    }
    TemporaryFolder folder;
};
using MixedFolder = OurExport;

RankTrace rankWithMemory() {
    RankTrace rank;
    rank.origin = {.run = "r", .rank = 0, .world = 1, .mode = "ring", .device = "cpu"};
    rank.complete = true;
    constexpr std::int64_t first = 1'000'000'000, second = 1'000'100'000;
    rank.spans = {Span(first, second, {.kind = SpanKind::Step, .step = 3}),
                  Span(second, 1'000'900'000, {.kind = SpanKind::Step, .step = 4})};
    for (int i = 0; i < 2500; ++i) {  // several events of metadata
        const std::int64_t begin = 999'999'000 + i * 100;
        rank.allocations.push_back({.begin = begin,
                                    .end = i % 3 == 0 ? Allocation::heldToTheEnd : begin + 7'777,
                                    .bytes = 64 + i,
                                    .step = begin < first    ? i % 5
                                            : begin < second ? 3
                                                             : 4,
                                    .layer = static_cast<std::int16_t>(i % 4 - 1),
                                    .pass = static_cast<SpanPass>(i % spanPassCount),
                                    .category = static_cast<MemoryCategory>(
                                        1 + i % static_cast<int>(MemoryCategory::Segments))});
    }
    return rank;
}

TEST_F(OurExport, HasItsMemory) {
    const RankTrace ours = rankWithMemory();
    ASSERT_TRUE(writeChromeTrace(mergeRanks({ours}), folder.path() / "out.json").ok());
    const Trace again = importTrace(folder.path() / "out.json").value();
    ASSERT_EQ(again.ranks.size(), 1U);
    EXPECT_EQ(again.ranks[0].allocations, ours.allocations);
    ASSERT_TRUE(writeTrace(again, folder.path() / "ours").ok());
    EXPECT_EQ(readTrace(folder.path() / "ours").value().ranks[0].allocations, ours.allocations);
}

TEST_F(OurExport, SaysWhatTheRecorderSaid) {
    RankTrace ours = rankWithMemory();
    ours.dropped = 3;
    ours.notes = {"4 GPU records were dropped"};
    ours.losses = {"the file ends early"};
    ours.clock = {{.local = 900'000'000, .reference = 900'000'000, .error = 70},
                  {.local = 1'100'000'000, .reference = 1'100'000'000, .error = 90}};
    const Trace before = mergeRanks({ours});
    ASSERT_TRUE(writeChromeTrace(before, folder.path() / "out.json").ok());
    const Trace again = importTrace(folder.path() / "out.json").value();
    EXPECT_EQ(again.notes, before.notes);
    EXPECT_EQ(again.ranks[0].dropped, 3U);
    EXPECT_EQ(again.clockErrorNs, before.clockErrorNs);
}

TEST_F(OurExport, CountsAllocationsThatAreNone) {
    const std::string mark = R"({"ph":"M","pid":0,"name":"ringscope_export","args":{}},)";
    const std::string rows = R"({"ph":"M","pid":0,"name":"ringscope_allocations","args":)"
                             R"({"allocations":[[0,9,64,1,-1,1],[9,0,64,1,-1,1],[0,9,-1,1,-1,1],)"
                             R"([0,9,64,1,-1,99],[1],"x",[0,9,64,1,-1,1.5]]}})";
    const RankTrace rank =
        importTrace(write("rank-0.json", R"({"traceEvents":[)" + mark + rows + "]}"))
            .value()
            .ranks.front();
    EXPECT_EQ(rank.allocations.size(), 1U);
    EXPECT_EQ(rank.losses, (std::vector<std::string>{"6 events of the export cannot be read"}));
}

TEST_F(MixedFolder, SaysWhichFilesOfAFolderItLeftOut) {
    write(
        "rank-0.json",
        R"({"traceEvents":[{"ph":"X","cat":"cpu_op","name":"op","pid":1,"tid":1,"ts":3,"dur":2}]})");
    EXPECT_TRUE(openTraceOf(folder.path()).value().notes.empty());
    write("b.sqlite", "");
    write("readme.txt", "");
    EXPECT_THAT(
        openTraceOf(folder.path()).value().notes,
        ElementsAre("1 file is left out (b.sqlite): a folder is read as one kind of trace, "
                    "here Chrome's .json; name the file, or move it to a folder of its own"));
    const RankTrace ours = rankWithMemory();
    ASSERT_TRUE(writeTrace(mergeRanks({ours}), folder.path()).ok());
    for (const char* more : {"c.json", "d.json.gz", "e.json"}) write(more, "{}");
    const Trace trace = openTraceOf(folder.path()).value();
    EXPECT_EQ(trace.ranks[0].origin.source, "") << "ours comes before theirs";
    EXPECT_THAT(trace.notes,
                ElementsAre("5 files are left out (b.sqlite, c.json, d.json.gz, e.json, …): a "
                            "folder is read as one kind of trace, here Ringscope's .trace; name "
                            "the files, or move them to a folder of their own"));
    EXPECT_TRUE(readTrace(folder.path() / traceFileName(0)).value().notes.empty())
        << "one file was asked for";
}

}  // namespace
}  // namespace ringscope
