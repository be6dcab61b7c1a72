#include "kernels/train/rank_program.h"

#include "backend/config/experiment.h"
#include "backend/plan/run_plan.h"
#include "backend/run/protocol.h"
#include "kernels/comm/rendezvous.h"
#include "kernels/data/token_text.h"
#include "kernels/train/counting_allocator.h"
#include "kernels/train/device_memory.h"
#include "kernels/train/rank_input.h"
#include "kernels/train/trainer.h"
#include "profiler/span_recorder.h"

#include <ATen/Parallel.h>
#include <torch/headeronly/version.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

class EventWriter {
public:
    explicit EventWriter(int file) : file_(file) {}

    // In one write, so that a line is never cut by another process's. A reader that is gone is
    // noticed on standard input.
    void tell(const RankEvent& event) const {
        const std::string line = toLine(event) + "\n";
        std::size_t written = 0;
        while (written < line.size()) {
            const ssize_t count = ::write(file_, line.data() + written, line.size() - written);
            if (count < 0 && errno != EINTR) return;
            if (count > 0) written += static_cast<std::size_t>(count);
        }
    }

private:
    int file_;
};

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

Result<std::string> deviceName(const std::string& wanted, int localRank) {
    if (wanted == "auto" || wanted == "cpu") return std::string("cpu");
    if (wanted == "cuda") return "cuda:" + std::to_string(localRank);
    return Error{ErrorCode::InvalidConfig,
                 "launch.device '" + wanted + "' is not known; use auto, cpu or cuda"};
}

// One rank, from its configuration to its last event.
class RankRun {
public:
    RankRun(const RankArguments& arguments, RankInput& input, const EventWriter& events)
        : arguments_(arguments), input_(input), events_(events) {}

    Result<RankDone> train();

private:
    Result<void> meet(const std::string& device);
    Result<void> step(Trainer& trainer, std::int64_t index);
    Result<void> startTrace(const RunPlan& plan, const std::string& device);
    void recordFrom(const RunPlan& plan, std::int64_t index);
    void sayHello(const std::string& device) const;

    RankArguments arguments_;
    std::unique_ptr<SpanRecorder> recorder_;  // outlives the group, whose threads record
    RankInput& input_;
    const EventWriter& events_;
    std::unique_ptr<Meeting> meeting_;
    std::unique_ptr<Group> group_;
    std::optional<Traffic> sentPerStep_;
};

// Rank 0 makes the meeting and tells where it is; the others are told.
Result<void> RankRun::meet(const std::string& device) {
    if (arguments_.rank == 0) {
        RINGSCOPE_TRY(meeting_, hostMeeting(arguments_.address));
        events_.tell(RankRendezvous{.rank = 0, .port = meeting_->port()});
    } else {
        const Rendezvous place = input_.rendezvous();
        RINGSCOPE_TRY(meeting_, joinMeeting(place.host, place.port));
    }
    RINGSCOPE_TRY(group_, makeGroup(*meeting_, {.rank = arguments_.rank,
                                                .size = arguments_.world,
                                                .address = arguments_.address,
                                                .device = device}));
    return {};
}

void RankRun::sayHello(const std::string& device) const {
    const std::string library = device == "cpu" ? "gloo" : "nccl";
    events_.tell(RankHello{.rank = arguments_.rank,
                           .pid = ::getpid(),
                           .device = device,
                           .versions = "torch " TORCH_VERSION ", " + library});
}

Result<void> RankRun::step(Trainer& trainer, std::int64_t index) {
    RINGSCOPE_TRY(const StepOutcome outcome, trainer.step(index));
    if (!sentPerStep_) sentPerStep_ = outcome.sent;
    if (*sentPerStep_ != outcome.sent)
        return Error{ErrorCode::Failed,
                     "step " + std::to_string(index) + " sent " +
                         std::to_string(outcome.sent.total()) + " bytes, the first step sent " +
                         std::to_string(sentPerStep_->total()) +
                         "; every step should send the same, please report this"};
    StepRecord record = outcome.record;
    if (arguments_.rank != 0) record.duration = outcome.ownDuration;
    events_.tell(RankStep{.rank = arguments_.rank, .step = record});
    return {};
}

Result<void> RankRun::startTrace(const RunPlan& plan, const std::string& device) {
    if (!plan.config.profile.steps || arguments_.traceFolder.empty()) return {};
    const std::filesystem::path folder = arguments_.traceFolder;
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    RINGSCOPE_TRY(recorder_, SpanRecorder::start(folder / traceFileName(arguments_.rank),
                                                 {.run = arguments_.run,
                                                  .rank = arguments_.rank,
                                                  .world = arguments_.world,
                                                  .host = arguments_.address,
                                                  .pid = ::getpid(),
                                                  .mode = plan.config.parallel.mode,
                                                  .device = device,
                                                  .firstStep = plan.config.profile.steps->begin,
                                                  .endStep = plan.config.profile.steps->end}));
    return {};
}

// The ranks enter the recorded steps together, so that the first message does not show how far
// apart they were before.
void RankRun::recordFrom(const RunPlan& plan, std::int64_t index) {
    if (!recorder_) return;
    if (index == plan.config.profile.steps->begin) {
        group_->barrier();
        recorder_->resume();
    }
    if (index == plan.config.profile.steps->end) recorder_->pause();
}

Result<RankDone> RankRun::train() {
    MemoryMeter& memory = countCpuTensors();
    RINGSCOPE_TRY(const RunPlan plan, readPlan(input_.config().yaml, arguments_.world));
    at::set_num_threads(static_cast<int>(plan.config.launch.threadsPerRank));
    at::set_num_interop_threads(1);

    RINGSCOPE_TRY(const TokenText text,
                  TokenText::open(plan.config.data, plan.config.model.vocabSize));
    RINGSCOPE_TRY(const std::string device,
                  deviceName(plan.config.launch.device, arguments_.localRank));
    RINGSCOPE_CHECK(meet(device));
    sayHello(device);

    const BatchSource batches = [&](std::int64_t step, std::int64_t microStep) {
        return makeBatch(text, plan.config.train, step, microStep);
    };
    const c10::Device place(device);
    RINGSCOPE_TRY(const std::unique_ptr<Trainer> trainer,
                  Trainer::make(plan, *group_, batches, place));
    RINGSCOPE_CHECK(startTrace(plan, device));
    for (std::int64_t index = 0; index < plan.config.train.steps; ++index) {
        recordFrom(plan, index);
        RINGSCOPE_CHECK(step(*trainer, index));
    }
    if (recorder_) RINGSCOPE_CHECK(recorder_->finish());

    const Traffic sent = sentPerStep_.value_or(Traffic{});
    return RankDone{.rank = arguments_.rank,
                    .steps = plan.config.train.steps,
                    .peakMemory = place.is_cpu() ? memory.peak() : peakDeviceMemory(place),
                    .attentionBytesPerStep = {sent.attention},
                    .gradientBytesPerStep = {sent.gradient}};
}

// Libraries throw; here it becomes a sentence. c10 appends its stack to the first line.
Result<RankDone> trainToTheEnd(RankRun& run) {
    try {
        return run.train();
    } catch (const GroupError& error) {
        return Error{ErrorCode::Failed, error.what()};
    } catch (const std::exception& error) {
        return Error{ErrorCode::Failed, failureSentence("training", error)};
    }
}

}  // namespace

int runRank(const RankArguments& arguments, int input, int events) {
    const EventWriter writer(events);
    std::optional<Result<RankDone>> ended;
    {
        RankInput commands(input);
        RankRun run(arguments, commands, writer);
        ended = trainToTheEnd(run);
    }
    if (!ended->ok()) {
        writer.tell(RankError{.rank = arguments.rank, .message = ended->error().message});
        return 1;
    }
    writer.tell(**ended);
    return 0;
}

}  // namespace ringscope
