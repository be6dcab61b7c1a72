#include "kernels/rank/rank_program.h"

#include "backend/config/experiment.h"
#include "backend/plan/recording.h"
#include "backend/plan/run_plan.h"
#include "backend/run/protocol.h"
#include "backend/trace/trace_files.h"
#include "kernels/data/token_text.h"
#include "kernels/rank/counting_allocator.h"
#include "kernels/rank/device_memory.h"
#include "kernels/rank/gpu_recording.h"
#include "kernels/rank/rank_link.h"
#include "kernels/train/trainer.h"
#include "kernels/vector/elementary_functions.h"
#include "profiler/span_recorder.h"

#include <ATen/Parallel.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

Result<RunPlan> readPlan(const std::string& yaml, int world) {
    ExperimentSources sources;
    sources.fileName = "run configuration";
    sources.fileText = yaml;
    const ExperimentReading reading = readExperiment(sources);
    if (!reading.ok()) return Error{ErrorCode::InvalidConfig, reading.problems.front().text()};
    RINGSCOPE_TRY(RunPlan plan, planRun(reading.experiment.base));
    if (plan.ranks != world)
        return Error{ErrorCode::InvalidConfig,
                     "the configuration is for " + std::to_string(plan.ranks) +
                         " ranks, but --world is " + std::to_string(world)};
    return plan;
}

// One rank, from its configuration to its last event.
class RankRun {
public:
    RankRun(const RankArguments& arguments, RankInput& input, const EventWriter& events)
        : arguments_(arguments), input_(input), events_(events) {}

    Result<RankDone> train();

private:
    Result<void> step(Trainer& trainer, std::int64_t index);
    Result<void> startTrace(const RunPlan& plan, const std::string& device);
    void listenToGpuTensors(const RunPlan& plan);
    Result<void> recordFrom(const RunPlan& plan, std::int64_t index);
    Result<void> endRecording();
    Result<void> finishTrace();

    RankArguments arguments_;
    std::optional<StepRange> steps_;          // that this run records, this rank or others
    std::unique_ptr<SpanRecorder> recorder_;  // outlives the group, whose threads record
    std::optional<GpuRecording> gpu_;
    GpuActivity gpuActivity_;
    AllocationLog* tensors_ = &cpuTensorLog();  // of the device that the run computes on
    std::string memoryGap_{};                   // why memory is not recorded, if it cannot be
    AllocationRecording memory_;
    RankInput& input_;
    const EventWriter& events_;
    MetRanks ranks_;
    std::optional<Traffic> sentPerStep_;
};

Result<void> RankRun::step(Trainer& trainer, std::int64_t index) {
    RINGSCOPE_TRY(const StepOutcome outcome, trainer.step(index));
    if (!sentPerStep_) sentPerStep_ = outcome.sent;
    if (*sentPerStep_ != outcome.sent)
        return Error{ErrorCode::Failed,
                     "step " + std::to_string(index) + " sent " +
                         std::to_string(outcome.sent.total()) + " bytes, the first step sent " +
                         std::to_string(sentPerStep_->total()) +
                         "; every step should send the same, please report this"};
    if (arguments_.rank == 0 && !outcome.note.empty())
        events_.tell(RankLog{.rank = 0, .message = outcome.note});
    StepRecord record = outcome.record;
    if (arguments_.rank != 0) record.duration = outcome.ownDuration;
    events_.tell(RankStep{.rank = arguments_.rank, .step = record});
    return {};
}

Result<void> RankRun::startTrace(const RunPlan& plan, const std::string& device) {
    const std::vector<int> recorded = recordedRanks(plan);
    if (recorded.empty() || arguments_.traceFolder.empty()) return {};
    steps_ = plan.config.profile.steps;
    if (!plan.config.profile.records(arguments_.rank)) return {};
    RINGSCOPE_TRY(gpu_, GpuRecording::prepare(plan.config.profile.cupti, c10::Device(device)));
    // Every trace says it of its rank; the run's log says it once.
    if (arguments_.rank == recorded.front() && plan.config.profile.cupti == CuptiUse::Auto &&
        !gpu_->on())
        events_.tell(
            RankLog{.rank = arguments_.rank, .message = "GPU activity is " + gpu_->state()});
    const std::filesystem::path folder = arguments_.traceFolder;
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    TraceOrigin origin{.run = arguments_.run,
                       .rank = arguments_.rank,
                       .world = arguments_.world,
                       .host = arguments_.address,
                       .pid = ::getpid(),
                       .mode = plan.config.parallel.mode,
                       .device = device,
                       .firstStep = steps_->begin,
                       .endStep = steps_->end,
                       .gpuActivity = gpu_->state()};
    if (std::ssize(recorded) < plan.ranks) origin.recorded = recorded;
    for (const RankSet& group : collectiveGroups(plan, arguments_.rank))
        origin.groups.push_back({group.first, group.count});
    RINGSCOPE_TRY(recorder_, SpanRecorder::start(folder / traceFileName(arguments_.rank), origin));
    return {};
}

// Before the first of them is made: what is there when the recorded steps begin is in the curve
// too.
void RankRun::listenToGpuTensors(const RunPlan& plan) {
    const ProfileConfig& profile = plan.config.profile;
    if (!profile.steps || !profile.memory || !profile.records(arguments_.rank)) return;
    tensors_ = &deviceTensorLog();
    if (const Result<void> listening = logDeviceTensors(); !listening.ok())
        memoryGap_ = listening.error().message;
}

// All ranks enter the recorded steps together, those that record nothing as well, so that the first
// message does not show how far apart they were before.
Result<void> RankRun::recordFrom(const RunPlan& plan, std::int64_t index) {
    if (!steps_) return {};
    if (index == steps_->begin) {
        if (recorder_) {
            RINGSCOPE_CHECK(gpu_->begin());
            if (plan.config.profile.memory && memoryGap_.empty()) tensors_->start();
        }
        ranks_.group->barrier();
        if (recorder_) recorder_->resume();
    }
    if (recorder_ && index == steps_->end) return endRecording();
    return {};
}

Result<void> RankRun::endRecording() {
    recorder_->pause();
    AllocationRecording memory = tensors_->stop();
    if (!memory.allocations.empty()) memory_ = std::move(memory);
    RINGSCOPE_TRY(GpuActivity activity, gpu_->end());
    if (!activity.streams.empty()) {
        gpuActivity_ = std::move(activity);
        const std::vector<Allocation>& segments = gpuActivity_.memory.segments;
        memory_.allocations.insert(memory_.allocations.end(), segments.begin(), segments.end());
    }
    return {};
}

Result<void> RankRun::finishTrace() {
    if (!recorder_) return {};
    RINGSCOPE_CHECK(endRecording());
    for (const Span& range : gpuActivity_.host) recorder_->record(range);
    std::vector<std::string> notes = notesOn(gpuActivity_.counts);
    std::ranges::move(notesOn(gpuActivity_.memory), std::back_inserter(notes));
    if (!memoryGap_.empty()) notes.push_back("no memory curve: " + memoryGap_);
    if (memory_.dropped > 0)
        notes.push_back(std::to_string(memory_.dropped) +
                        " allocations found no room: the memory curve is too low");
    return recorder_->finish(
        {.gpu = gpuActivity_.streams, .allocations = memory_.allocations, .notes = notes});
}

Result<RankDone> RankRun::train() {
    MemoryMeter& memory = countCpuTensors();
    RINGSCOPE_TRY(const RunPlan plan, readPlan(input_.config().yaml, arguments_.world));
    at::set_num_threads(static_cast<int>(plan.config.launch.threadsPerRank));
    at::set_num_interop_threads(1);
    settleElementaryFunctions();

    RINGSCOPE_TRY(const TokenText text,
                  TokenText::open(plan.config.data, plan.config.model.vocabSize));
    const std::string device = deviceName(plan.config.launch.device, arguments_.localRank);
    if (plan.config.profile.steps && plan.config.profile.memory &&
        plan.config.profile.records(arguments_.rank))
        GpuRecording::watchSegments(plan.config.profile.cupti, c10::Device(device));
    RINGSCOPE_TRY(ranks_, meetRanks(arguments_, input_, events_, device));
    sayHello(arguments_, events_, device);

    const BatchSource batches = [&](std::int64_t step, std::int64_t number) {
        return makeBatch(text, plan.config.train, step, number, plan.config.data.packing);
    };
    if (arguments_.rank == 0 && !plan.smallerMessages.empty())
        events_.tell(RankLog{.rank = 0, .message = plan.smallerMessages});
    const c10::Device place(device);
    if (place.is_cuda()) listenToGpuTensors(plan);
    RINGSCOPE_TRY(const std::unique_ptr<Trainer> trainer,
                  Trainer::make(plan, *ranks_.group, batches, place));
    RINGSCOPE_CHECK(startTrace(plan, device));
    for (std::int64_t index = 0; index < plan.config.train.steps; ++index) {
        RINGSCOPE_CHECK(recordFrom(plan, index));
        RINGSCOPE_CHECK(step(*trainer, index));
    }
    RINGSCOPE_CHECK(finishTrace());

    const Traffic sent = sentPerStep_.value_or(Traffic{});
    return RankDone{.rank = arguments_.rank,
                    .steps = plan.config.train.steps,
                    .peakMemory = place.is_cpu() ? memory.peak() : peakDeviceMemory(place),
                    .attentionBytesPerStep = {sent.attention},
                    .gradientBytesPerStep = {sent.gradient}};
}

}  // namespace

int runRank(const RankArguments& arguments, int input, int events) {
    return liveToTheEnd(arguments, input, events, "training", &RankRun::train);
}

}  // namespace ringscope
