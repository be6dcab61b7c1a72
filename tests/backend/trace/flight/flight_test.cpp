// Dumps of PyTorch's flight recorder: tests/peers/flight_dumps.py writes those read here.
#include "backend/core/files.h"
#include "backend/trace/flight/flight_report.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fstream>

namespace ringscope {
namespace {

using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::filesystem::path dumps = std::filesystem::path(RINGSCOPE_FIXTURES) / "flight";

TEST(FlightRecorder, NamesTheRankThatDidNotJoinWithItsLine) {
    const FlightReport report = compareFlights(readFlightDumps(dumps / "hang").value());
    EXPECT_THAT(report.ranks, ElementsAre(0, 1, 2, 3)) << "of protocols 2 to 5";
    EXPECT_THAT(
        report.sentences(),
        ElementsAre("rank 2 did not join all_reduce 3 of process group 0 (default_pg): it is "
                    "started with [1024] Float on ranks 0, 1 and 3 (train.py:131 in train_step); "
                    "the last call of rank 2 was send 1 of group 0, completed (train.py:205 in "
                    "save_checkpoint)"));
    EXPECT_EQ(report.collectives, 2);
    EXPECT_THAT(report.notes, IsEmpty());
}

// Written by torch 2.11.0 itself (tests/peers/flight_dumps_of_torch.py), not by what we know of it.
TEST(FlightRecorder, ReadsDumpsOfTorch) {
    const FlightReport report = compareFlights(readFlightDumps(dumps / "torch-gloo").value());
    ASSERT_EQ(report.ranks.size(), 4U);
    ASSERT_EQ(report.sentences().size(), 1U);
    EXPECT_THAT(
        report.sentences().front(),
        HasSubstr("rank 2 did not join all_reduce 4 of process group 0: it is scheduled "
                  "with [1024] Float on ranks 0, 1 and 3 (/job/train.py:25 in train_step)"));
    EXPECT_THAT(report.notes, IsEmpty());
}

TEST(FlightRecorder, NamesOperationsAndSizesThatAreNotAlike) {
    const FlightReport report = compareFlights(readFlightDumps(dumps / "mismatch").value());
    EXPECT_THAT(
        report.sentences(),
        ElementsAre("ranks call different operations as number 1 of process group 0 (default_pg): "
                    "reduce_scatter of [64] Float on rank 0 (train.py:140 in train_step), "
                    "all_gather of [64] Float on rank 1 (train.py:150 in train_step)",
                    "ranks give all_reduce 1 of process group 1 (tp) different sizes: [1024] Float "
                    "on rank 0 (train.py:160 in train_step), [512] Float on rank 1 (train.py:160 "
                    "in train_step)"));
}

class FlightFolder : public ::testing::Test {
protected:
    void copy(const std::string& job, int rank) const {
        const std::string name = "nccl_trace_rank_" + std::to_string(rank);
        std::filesystem::copy_file(dumps / job / name, folder.path() / name);
    }
    TemporaryFolder folder;
};

TEST_F(FlightFolder, SaysWhichRanksLeftNoDump) {
    for (const int rank : {0, 3}) copy("hang", rank);
    const FlightReport report = compareFlights(readFlightDumps(folder.path()).value());
    EXPECT_THAT(report.noDump, ElementsAre(1, 2));
    EXPECT_THAT(report.notes, ElementsAre("ranks 1 and 2 left no dump: what they joined is not "
                                          "known"));
    EXPECT_THAT(report.sentences().front(),
                HasSubstr("all ranks that left a dump joined all_reduce 3 of process group 0 "
                          "(default_pg), and it is not complete: it is started on ranks 0 and 3"));
}

TEST_F(FlightFolder, LeavesOutWhatIsNoDumpAndSaysSo) {
    copy("hang", 0);
    std::ofstream(folder.path() / "trace_5") << "hello";
    std::ofstream(folder.path() / "notes.txt") << "hello";
    const FlightDumps read = readFlightDumps(folder.path()).value();
    EXPECT_EQ(read.dumps.size(), 1U);
    EXPECT_THAT(read.notes, ElementsAre("'trace_5': this is no pickle of protocol 2 to 5",
                                        "1 file is left out: its name does not end in a rank"));
}

TEST_F(FlightFolder, OfNothingIsASentence) {
    const Result<FlightDumps> empty = readFlightDumps(folder.path());
    ASSERT_FALSE(empty.ok());
    EXPECT_THAT(empty.error().message, HasSubstr("there is no dump of PyTorch's flight recorder"));
    EXPECT_FALSE(readFlightDumps(folder.path() / "absent").ok());
    std::ofstream(folder.path() / "trace_0", std::ios::binary) << "\x80\x02}.";
    const Result<FlightDumps> other = readFlightDumps(folder.path());
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().message,
              "'trace_0': this pickle is no dump of PyTorch's flight recorder: it has no entries");
}

FlightDump dumpOf(int rank, std::vector<FlightEntry> entries) {
    return {.rank = rank, .groups = {{"0", {"", {0, 1}}}}, .entries = std::move(entries)};
}

FlightEntry call(std::int64_t sequence, const std::string& state = "completed") {
    return {.group = "0",
            .sequence = sequence,
            .operation = "all_reduce",
            .library = "nccl",
            .state = state};
}

// A recorder keeps the newest calls only, and ranks do not forget the same ones.
TEST(FlightRecorder, DoesNotMissWhatARecorderForgot) {
    const FlightReport report = compareFlights(
        {.dumps = {dumpOf(0, {call(5), call(6), call(7)}), dumpOf(1, {call(6), call(7)})},
         .notes = {}});
    EXPECT_THAT(report.sentences(), ElementsAre("every rank that left a dump joined each of 2 "
                                                "collective operations alike, and all are "
                                                "complete"));
}

TEST(FlightRecorder, NamesAMessageWithoutItsOtherEnd) {
    FlightEntry send = call(1, "started");
    send.message = true;
    send.operation = "send";
    send.from = 0;
    send.to = 1;
    send.frames = {{"send", "/site/torch/distributed/x.py", 3}, {"step", "pipe.py", 12}};
    const FlightReport report =
        compareFlights({.dumps = {dumpOf(0, {send}), dumpOf(1, {call(1)})}, .notes = {}});
    // Rank 0 is not in the all_reduce either; each group tells its first fault.
    ASSERT_EQ(report.findings.size(), 1U);
    EXPECT_EQ(report.findings[0].fault, FlightFault::Missing);
    const FlightReport alone =
        compareFlights({.dumps = {dumpOf(0, {send}), dumpOf(1, {})}, .notes = {}});
    EXPECT_THAT(alone.sentences(),
                ElementsAre("send 1 of process group 0 has no other end: started on rank 0 "
                            "(pipe.py:12 in step); rank 1 called nothing"));
}

}  // namespace
}  // namespace ringscope
