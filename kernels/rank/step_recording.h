// The recording of profile.steps on one rank: spans, the GPU's own records and the memory of
// tensors, in one trace file.
//
//     StepRecording recording(arguments, plan, device, events);  // before the device is used
//     recording.watchTensors();                                  // before the first tensor is made
//     recording.open();                                          // before the first step
//     for (index ...) {
//         recording.beforeStep(index, group);
//         ... the step ...
//     }
//     recording.finish();
//
// Where the run records no steps, nothing of this does anything. On a rank that is not recorded
// itself, beforeStep() still waits for the others.
#pragma once

#include "backend/plan/run_plan.h"
#include "kernels/comm/group.h"
#include "kernels/rank/gpu_recording.h"
#include "kernels/rank/rank_link.h"
#include "profiler/allocation_log.h"
#include "profiler/span_recorder.h"

#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

class StepRecording {
public:
    // `events` must outlive the recording. The recording must outlive every thread that records
    // spans; the rank's group has some.
    StepRecording(RankArguments arguments, const RunPlan& plan, c10::Device device,
                  const EventWriter& events);

    // From now on the allocations of a GPU's tensors are known, so that the memory curve also holds
    // tensors from before the recorded steps.
    void watchTensors();

    // Creates the trace file; where that is impossible, or writing it later is, the run's log says
    // so and the rank trains without. Fails where profile.cupti is on but this process cannot take
    // the GPU's records.
    Result<void> open();

    // Begins recording before the first of profile.steps and ends it after the last. All ranks of
    // `group` must call it. They enter the first recorded step together, so that its first message
    // does not show how far apart they were before.
    Result<void> beforeStep(std::int64_t index, Group& group);

    // While `leaves` something that follows step `index` is not recorded: a validation.
    void leaveOut(std::int64_t index, bool leaves);

    // Ends recording and completes the file.
    Result<void> finish();

private:
    bool recordsThisRank() const { return profile_.records(arguments_.rank); }
    bool recordsMemory() const { return profile_.steps && profile_.memory && recordsThisRank(); }
    Result<void> start();
    Result<void> write();
    void goOnWithout(const Error& reason);
    Result<void> begin();
    Result<void> end();

    RankArguments arguments_;
    ProfileConfig profile_;
    std::vector<int> recorded_;  // ranks
    TraceOrigin origin_;
    c10::Device device_;
    const EventWriter& events_;
    std::optional<StepRange> steps_{};  // that this run records, on this rank or on others
    std::unique_ptr<SpanRecorder> recorder_{};
    std::optional<GpuRecording> gpu_{};
    GpuActivity gpuActivity_{};
    AllocationLog* tensors_;   // of the device
    std::string memoryGap_{};  // why memory is not recorded, if it is not
    AllocationRecording memory_{};
};

}  // namespace ringscope
