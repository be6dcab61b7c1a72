#include "kernels/rank/step_recording.h"

#include "backend/core/files.h"
#include "backend/plan/recording.h"
#include "backend/trace/trace_files.h"
#include "kernels/rank/counting_allocator.h"
#include "kernels/rank/device_memory.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

namespace ringscope {

namespace {

TraceOrigin originOf(const RankArguments& arguments, const RunPlan& plan, c10::Device device) {
    TraceOrigin origin{.run = arguments.run,
                       .rank = arguments.rank,
                       .world = arguments.world,
                       .host = arguments.address,
                       .pid = ::getpid(),
                       .mode = plan.config.parallel.mode,
                       .device = device.str()};
    const std::optional<StepRange>& steps = plan.config.profile.steps;
    if (!steps) return origin;
    origin.firstStep = steps->begin;
    origin.endStep = steps->end;
    std::vector<int> recorded = recordedRanks(plan);
    if (std::ssize(recorded) < plan.ranks) origin.recorded = std::move(recorded);
    for (const RankSet& group : collectiveGroups(plan, arguments.rank))
        origin.groups.push_back({group.first, group.count});
    return origin;
}

}  // namespace

StepRecording::StepRecording(RankArguments arguments, const RunPlan& plan, c10::Device device,
                             const EventWriter& events)
    : arguments_(std::move(arguments)),
      profile_(plan.config.profile),
      recorded_(recordedRanks(plan)),
      origin_(originOf(arguments_, plan, device)),
      device_(device),
      events_(events),
      tensors_(&cpuTensorLog()) {
    if (recordsMemory()) GpuRecording::watchSegments(profile_.cupti, device_);
}

void StepRecording::watchTensors() {
    if (!device_.is_cuda() || !recordsMemory()) return;
    tensors_ = &deviceTensorLog();
    if (const Result<void> watching = logDeviceTensors(); !watching.ok())
        memoryGap_ = watching.error().message;
}

Result<void> StepRecording::open() {
    if (recorded_.empty() || arguments_.traceFolder.empty()) return {};
    steps_ = profile_.steps;
    if (!recordsThisRank()) return {};
    RINGSCOPE_TRY(gpu_, GpuRecording::prepare(profile_.cupti, device_));
    origin_.gpuActivity = gpu_->state();
    // Every trace says it of its rank; the run's log says it once.
    if (arguments_.rank == recorded_.front() && profile_.cupti == CuptiUse::Auto && !gpu_->on())
        events_.tell(
            RankLog{.rank = arguments_.rank, .message = "GPU activity is " + gpu_->state()});
    if (const Result<void> started = start(); !started.ok()) goOnWithout(started.error());
    return {};
}

Result<void> StepRecording::start() {
    const std::filesystem::path folder = arguments_.traceFolder;
    RINGSCOPE_CHECK(makePrivateFolder(folder));
    RINGSCOPE_TRY(recorder_, SpanRecorder::start(folder / traceFileName(arguments_.rank), origin_));
    return {};
}

void StepRecording::goOnWithout(const Error& reason) {
    recorder_.reset();
    events_.tell(
        RankLog{.rank = arguments_.rank, .message = "this rank has no trace: " + reason.message});
}

Result<void> StepRecording::beforeStep(std::int64_t index, Group& group) {
    if (!steps_) return {};
    if (index == steps_->begin) {
        if (recorder_) RINGSCOPE_CHECK(begin());
        group.barrier();
        if (recorder_) recorder_->resume();
    }
    if (recorder_ && index == steps_->end) return end();
    return {};
}

void StepRecording::leaveOut(std::int64_t index, bool leaves) {
    if (!recorder_ || index < steps_->begin || index >= steps_->end) return;
    if (leaves)
        recorder_->pause();
    else
        recorder_->resume();
}

Result<void> StepRecording::begin() {
    RINGSCOPE_CHECK(gpu_->begin());
    if (profile_.memory && memoryGap_.empty()) tensors_->start();
    return {};
}

Result<void> StepRecording::end() {
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

Result<void> StepRecording::finish() {
    if (!recorder_) return {};
    RINGSCOPE_CHECK(end());
    if (const Result<void> written = write(); !written.ok()) goOnWithout(written.error());
    return {};
}

Result<void> StepRecording::write() {
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

}  // namespace ringscope
