#include "backend/report/run_memory.h"

#include "backend/trace/file/trace_writer.h"
#include "backend/trace/trace_files.h"
#include "tests/backend/compare/sample_runs.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fstream>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t mib = 1 << 20;

// 100 MiB of parameters all the time, 300 MiB of activations in the second half.
RankTrace rankTrace(int rank) {
    RankTrace trace;
    trace.origin.rank = rank;
    trace.spans = {{0, 80 * ms, {.kind = SpanKind::Step, .step = 2}}};
    trace.allocations = {
        {.begin = -1, .bytes = 100 * mib, .category = MemoryCategory::Parameters},
        {.begin = 40 * ms, .bytes = 300 * mib, .category = MemoryCategory::Activations}};
    return trace;
}

class RunMemory : public ::testing::Test {
protected:
    RunMemory() { run.config.profile.steps = StepRange{2, 3}; }

    void write(const RankTrace& rank) {
        const std::filesystem::path file = folder.path() / traceFileName(rank.origin.rank);
        const auto writer = TraceWriter::create(file, rank.origin).value();
        ASSERT_TRUE(writer->append(rank.spans).ok());
        ASSERT_TRUE(writer->append(std::span(rank.allocations)).ok());
        ASSERT_TRUE(writer->close().ok());
        files.push_back({.path = file, .size = {1'000}});
    }

    test::TemporaryFolder folder;
    RunRecord run = finishedRun("ring", 100);
    std::vector<RunFile> files;
};

TEST_F(RunMemory, IsAnObjectForPrograms) {
    EXPECT_THAT(memoryJson(run, files)["reason"].get<std::string>(),
                HasSubstr("The recording of step 2 is not there"));
    write(rankTrace(0));
    const nlohmann::json memory = memoryJson(run, files);
    EXPECT_EQ(memory["peak_bytes"], 400 * mib);
    EXPECT_EQ(memory["peak_at_ns"], 40 * ms);
    EXPECT_EQ(memory["predicted_peak_bytes"], predictedOf(run, 0)->bytes());
    EXPECT_EQ(memory["peak_step"], 2);
    ASSERT_EQ(memory["categories"].size(), 2U);
    for (const nlohmann::json& category : memory["categories"]) {
        const bool parameters = category["name"] == "parameters";
        EXPECT_EQ(category["peak_bytes"], (parameters ? 100 : 300) * mib);
        EXPECT_EQ(category["bytes"].front(), parameters ? 100 * mib : 0);
        EXPECT_EQ(category["bytes"].back(), category["peak_bytes"]);
    }
}

TEST_F(RunMemory, IsOfTheRankThatHeldTheMostAndHasTheCourseOfEachCategory) {
    run.rankRecords[1].peakMemory = {run.rankRecords[0].peakMemory.count + 1};
    write(rankTrace(0));
    write(rankTrace(1));
    EXPECT_EQ(recordedRanks(files), (std::vector{0, 1}));
    const std::string text = memoryText(run, files);
    EXPECT_THAT(text, StartsWith("  memory over the recorded steps\n"
                                 "    rank 1, peak 400 MiB at 40.0 ms, in step 2: activations 300 "
                                 "MiB, parameters 100 MiB\n"
                                 "                    at the peak  over 80.0 ms\n"));
    EXPECT_THAT(text, HasSubstr("    parameters          100 MiB  ▂▂▂"));
    EXPECT_THAT(text, HasSubstr("  ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂████████████████████\n"));
}

TEST_F(RunMemory, SaysWhatToSetWhereNothingWasRecorded) {
    run.config.profile.steps.reset();
    EXPECT_EQ(
        memoryText(run, {}),
        "  memory over the recorded steps\n"
        "    This run recorded no steps, so what its memory was for is not known. Run it once "
        "more with profile.steps set to the steps to record, as [2, 5].\n");
    run.config.profile.memory = false;
    EXPECT_THAT(whyNoMemory(run, {}), HasSubstr("as [2, 5], and with profile.memory: true."));
    run.config.profile.steps = StepRange{2, 3};
    EXPECT_EQ(whyNoMemory(run, {0}),
              "This run did not record memory. Run it once more with profile.memory: true.");
}

TEST_F(RunMemory, SaysWhyARecordingIsNotThere) {
    run.config.profile.steps = StepRange{2, 5};
    EXPECT_THAT(whyNoMemory(run, {}), StartsWith("The recording of steps 2 to 4 is not there: "));
    run.status = RunStatus::Running;
    EXPECT_EQ(whyNoMemory(run, {}),
              "The recording of steps 2 to 4 can be read when the run has ended.");
    EXPECT_EQ(whyNoMemory(run, {0}), whyNoMemory(run, {}));
    run.status = RunStatus::Failed;
    RankTrace rank = rankTrace(0);
    rank.allocations.clear();
    write(rank);
    EXPECT_THAT(memoryText(run, files), HasSubstr("the rank ended before it was written."));
}

TEST_F(RunMemory, SaysWhatCannotBeRead) {
    files = {{.path = folder.path() / traceFileName(0), .size = {7}}};
    std::ofstream(files[0].path) << "a trace";
    EXPECT_THAT(memoryText(run, files), HasSubstr("rank-00000.trace"));
    files[0].size = {1LL << 40};
    EXPECT_THAT(memoryText(run, files), HasSubstr("has 1.00 TiB; the timeline shows it\n"));
}

TEST(RecordedRanks, AreThoseWhoseFilesHaveTheNameOfOne) {
    EXPECT_EQ(recordedRanks({{.path = "t/rank-00012.trace", .size = {}},
                             {.path = "t/rank-00003.trace", .size = {}},
                             {.path = "t/rank-3.trace", .size = {}},
                             {.path = "t/rank-00003.trace.part", .size = {}},
                             {.path = "t/notes.txt", .size = {}}}),
              (std::vector{3, 12}));
}

}  // namespace
}  // namespace ringscope
