#include "kernels/rank/step_recording.h"

#include "backend/core/files.h"
#include "backend/trace/file/trace_reader.h"
#include "backend/trace/trace_files.h"
#include "kernels/rank/counting_allocator.h"
#include "profiler/trace_place.h"
#include "tests/kernels/comm/rank_threads.h"
#include "tests/support/program.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

RunPlan planOf(const ProfileConfig& profile) {
    RunConfig config;
    config.train.steps = 5;
    config.train.seqLen = 64;
    config.parallel.mode = "none";
    config.parallel.sp = 1;
    RunPlan plan = planRun(config).value();
    plan.config.profile = profile;  // planning refuses GPU records of a run on CPUs
    return plan;
}

ProfileConfig ofSteps(std::int64_t begin, std::int64_t end) {
    ProfileConfig profile;
    profile.steps = StepRange{begin, end};
    return profile;
}

class StepRecordings : public ::testing::Test {
protected:
    // A step is a span and a tensor.
    Result<void> record(const ProfileConfig& profile) {
        Result<void> result;
        test::runRanks(1, [&](Group& group) { result = recordOn(group, profile); });
        return result;
    }

    RankTrace trace() const { return readTraceFile(file()).value(); }
    std::filesystem::path file() const { return folder_.path() / "traces" / traceFileName(0); }

    test::TemporaryFolder folder_;
    RankArguments arguments_{.run = "7", .traceFolder = folder_.path() / "traces"};

private:
    Result<void> recordOn(Group& group, const ProfileConfig& profile) {
        countCpuTensors();
        const RunPlan plan = planOf(profile);
        const EventWriter nowhere(-1);
        StepRecording recording(arguments_, plan, c10::Device(c10::kCPU), nowhere);
        recording.watchTensors();
        RINGSCOPE_CHECK(recording.open());
        for (std::int64_t index = 0; index < plan.config.train.steps; ++index) {
            RINGSCOPE_CHECK(recording.beforeStep(index, group));
            const PlaceScope place;
            tracePlace().step = static_cast<std::int32_t>(index);
            const ScopedSpan span(tagHere(SpanKind::Step, Operation::None));
            const at::Tensor tensor = at::zeros({1000});
        }
        return recording.finish();
    }
};

std::set<std::int64_t> stepsOfSpans(const RankTrace& trace) {
    std::set<std::int64_t> steps;
    for (const Span& span : trace.spans) steps.insert(span.step());
    return steps;
}

TEST_F(StepRecordings, HoldTheStepsOfTheProfileAndNoOthers) {
    ASSERT_TRUE(record(ofSteps(1, 3)).ok());
    const RankTrace recorded = trace();
    EXPECT_TRUE(recorded.complete);
    EXPECT_THAT(stepsOfSpans(recorded), ElementsAre(1, 2));
    std::set<std::int64_t> steps;
    for (const Allocation& allocation : recorded.allocations)
        if (allocation.bytes == 4000) steps.insert(allocation.step);
    EXPECT_THAT(steps, ElementsAre(1, 2));
}

TEST_F(StepRecordings, EndWithTheTrainingWhereTheProfileGoesOn) {
    ASSERT_TRUE(record(ofSteps(3, 100)).ok());
    EXPECT_THAT(stepsOfSpans(trace()), ElementsAre(3, 4));
}

TEST_F(StepRecordings, SayWhereTheyComeFrom) {
    arguments_.address = "10.0.0.7";
    ASSERT_TRUE(record(ofSteps(1, 3)).ok());
    const TraceOrigin origin = trace().origin;
    EXPECT_EQ(origin.run, "7");
    EXPECT_EQ(origin.rank, 0);
    EXPECT_EQ(origin.world, 1);
    EXPECT_EQ(origin.host, "10.0.0.7");
    EXPECT_EQ(origin.mode, "none");
    EXPECT_EQ(origin.device, "cpu");
    EXPECT_EQ(origin.firstStep, 1);
    EXPECT_EQ(origin.endStep, 3);
    EXPECT_EQ(origin.gpuActivity, "off: the run's device is cpu");
    EXPECT_THAT(origin.recorded, ElementsAre()) << "all ranks are recorded";
}

TEST_F(StepRecordings, LeaveMemoryOutWhereItIsNotWanted) {
    ProfileConfig profile = ofSteps(1, 3);
    profile.memory = false;
    ASSERT_TRUE(record(profile).ok());
    EXPECT_TRUE(trace().allocations.empty());
}

TEST_F(StepRecordings, MakeNoFileWhereNothingIsToBeRecorded) {
    ASSERT_TRUE(record({}).ok());
    EXPECT_FALSE(std::filesystem::exists(file()));
    ProfileConfig ofAnotherRank = ofSteps(1, 3);
    ofAnotherRank.ranks = std::vector<std::int64_t>{1};
    ASSERT_TRUE(record(ofAnotherRank).ok());
    EXPECT_FALSE(std::filesystem::exists(file()));
    arguments_.traceFolder.clear();
    ASSERT_TRUE(record(ofSteps(1, 3)).ok());
    EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(StepRecordings, FailWhereTheGpusRecordsAreWantedAndThereIsNoGpu) {
    ProfileConfig profile = ofSteps(1, 3);
    profile.cupti = CuptiUse::On;
    const Result<void> result = record(profile);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().message,
              "profile.cupti is on, but the run's device is cpu; set it to auto or off");
}

// The run goes on: a trace that cannot be written costs the trace.
TEST_F(StepRecordings, LeaveAFileAloneThatIsThereAlready) {
    ASSERT_TRUE(record(ofSteps(1, 3)).ok());
    const std::string before = readFile(file()).value();
    EXPECT_TRUE(record(ofSteps(1, 3)).ok());
    EXPECT_EQ(readFile(file()).value(), before);
}

}  // namespace
}  // namespace ringscope
