#include "kernels/rank/rank_program.h"

#include "backend/plan/plan_hash.h"
#include "backend/plan/run_plan.h"
#include "backend/run/protocol.h"
#include "backend/run/validation.h"
#include "backend/text/tokenizer_folder.h"
#include "kernels/data/token_batch.h"
#include "kernels/rank/compute_threads.h"
#include "kernels/rank/counting_allocator.h"
#include "kernels/rank/device_memory.h"
#include "kernels/rank/final_weights.h"
#include "kernels/rank/memory_budget.h"
#include "kernels/rank/place_watch.h"
#include "kernels/rank/plan_text.h"
#include "kernels/rank/rank_checkpoints.h"
#include "kernels/rank/rank_link.h"
#include "kernels/rank/step_recording.h"
#include "kernels/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

Result<Training> trainingOf(const Job& job) {
    if (const auto* training = std::get_if<Training>(&job)) return *training;
    return Error{ErrorCode::InvalidConfig,
                 "this rank was started to train, and its job is another"};
}

// One rank, from its configuration to its last event.
class RankRun {
public:
    RankRun(const RankArguments& arguments, RankInput& input, const EventWriter& events)
        : arguments_(arguments), input_(input), events_(events) {}

    Result<RankDone> train();

private:
    Result<RankDone> trainWithinBudget();
    Result<void> keepBudget(c10::Device device) const;
    Result<void> step(Trainer& trainer, std::int64_t index);
    Result<Sequences> readData(const RunConfig& config);
    void endAfterEpochs(const Sequences& sequences);
    Result<void> trainSteps(Trainer& trainer, const Sequences& sequences,
                            RankCheckpoints& checkpoints);
    Result<void> validate(Trainer& trainer, const Sequences& sequences, std::int64_t index);
    void keepTokenizer(const std::filesystem::path& folder);
    void tellRouting(std::int64_t step, const std::vector<std::vector<std::int64_t>>& use);

    RankArguments arguments_;
    RankInput& input_;
    const EventWriter& events_;
    RunPlan plan_;
    std::optional<StepRecording> recording_;  // outlives the group, whose threads record
    MetRanks ranks_;
    std::optional<Traffic> sentPerStep_;
    std::int64_t expertBytes_ = 0;  // sent in all steps
    std::optional<Validation> validation_;
    std::int64_t next_ = 0;   // step
    std::int64_t steps_ = 0;  // done by this process
    std::string ended_;       // why it ends before the steps that were planned; empty: it does not
    bool left_ = false;       // on a signal, after a checkpoint
};

Result<void> RankRun::step(Trainer& trainer, std::int64_t index) {
    RINGSCOPE_TRY(const StepOutcome outcome, trainer.step(index));
    ++steps_;
    // How many tokens use another rank's experts is up to the routers.
    Traffic sent = outcome.sent;
    expertBytes_ += std::exchange(sent.experts, 0);
    if (!sentPerStep_) sentPerStep_ = sent;
    if (*sentPerStep_ != sent)
        return Error{ErrorCode::Failed,
                     "step " + std::to_string(index) + " sent " + std::to_string(sent.total()) +
                         " bytes, the first step sent " + std::to_string(sentPerStep_->total()) +
                         "; every step should send the same, please report this"};
    if (arguments_.rank == 0 && !outcome.note.empty())
        events_.tell(RankLog{.rank = 0, .message = outcome.note});
    StepRecord record = outcome.record;
    if (arguments_.rank != 0) record.duration = outcome.ownDuration;
    events_.tell(RankStep{.rank = arguments_.rank, .step = record});
    if (arguments_.rank == 0 && keepsRouting(index, plan_.config.train.steps))
        tellRouting(index, outcome.expertUse);
    return {};
}

// What takes long says so: whoever started the run waits for a word.
Result<Sequences> RankRun::readData(const RunConfig& config) {
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds interval{5};
    ReadingOptions options;
    options.progress = [this, next = Clock::now() + interval](const ReadingProgress& at) mutable {
        if (Clock::now() < next) return true;
        next = Clock::now() + interval;
        const std::string done =
            at.total > 0 ? std::to_string(100 * at.bytes / at.total) + " % of data.source is tokens"
                         : "another rank makes the tokens of data.source";
        events_.tell(RankLog{.rank = arguments_.rank, .message = done});
        return true;
    };
    RINGSCOPE_TRY(TokenText text, TokenText::open(config, options));
    RINGSCOPE_TRY(Sequences sequences, Sequences::make(std::move(text), config));
    if (arguments_.rank == 0)
        for (const std::string& sentence : sequences.sentences())
            events_.tell(RankLog{.rank = 0, .message = sentence});
    return sequences;
}

void RankRun::tellRouting(std::int64_t step, const std::vector<std::vector<std::int64_t>>& use) {
    auto next = use.begin();
    for (std::size_t layer = 0; layer < plan_.layers.size() && next != use.end(); ++layer)
        if (plan_.layers[layer].experts)
            events_.tell(RankRouting{
                .rank = 0,
                .routing = {
                    .step = step, .layer = static_cast<std::int64_t>(layer), .use = *next++}});
}

void RankRun::endAfterEpochs(const Sequences& sequences) {
    TrainConfig& train = plan_.config.train;
    if (!train.epochs) return;
    const std::int64_t steps = sequences.stepsOfEpochs(*train.epochs, train.steps);
    if (steps == train.steps) return;
    ended_ = "train.epochs " + std::to_string(*train.epochs) +
             ": the data was seen so often; the run ended after " + std::to_string(steps) +
             " steps";
    train.steps = steps;
}

Result<void> RankRun::validate(Trainer& trainer, const Sequences& sequences, std::int64_t index) {
    if (!validation_->isDueAfter(index)) return {};
    recording_->leaveOut(index, true);
    const auto batches = [&](std::int64_t number) {
        return validationBatch(sequences, plan_.config.train, number);
    };
    RINGSCOPE_TRY(const ValidationRecord found,
                  trainer.validate(index, batches, validation_->batches()));
    recording_->leaveOut(index, false);
    if (arguments_.rank == 0) events_.tell(RankValidation{.rank = 0, .validation = found});
    if (std::string why = validation_->add(found); !why.empty()) ended_ = std::move(why);
    return {};
}

Result<void> RankRun::trainSteps(Trainer& trainer, const Sequences& sequences,
                                 RankCheckpoints& checkpoints) {
    RINGSCOPE_TRY(validation_, Validation::make(plan_.config.train, sequences.validationTokens(),
                                                validationBatches(sequences, plan_.config.train)));
    RINGSCOPE_TRY(next_, checkpoints.restore(trainer, *ranks_.group));
    validation_->goOnFrom(checkpoints.bestValidation());
    RINGSCOPE_CHECK(recording_->open());
    for (bool goesOn = true; goesOn && next_ < plan_.config.train.steps;) {
        RINGSCOPE_CHECK(recording_->beforeStep(next_, *ranks_.group));
        RINGSCOPE_CHECK(step(trainer, next_));
        const std::string before = ended_;
        RINGSCOPE_CHECK(validate(trainer, sequences, next_));
        ++steps_;
        left_ = checkpoints.afterStep(++next_, trainer, *ranks_.group, validation_->best());
        goesOn = ended_ == before && !left_;
    }
    RINGSCOPE_CHECK(recording_->finish());
    checkpoints.finish();
    return {};
}

// Whatever libtorch or a group made of the exception, the refused allocation is why the rank ends.
Result<RankDone> RankRun::train() {
    try {
        return trainWithinBudget();
    } catch (const std::exception&) {
        const std::optional<RefusedAllocation> refused = keptRefusal();
        if (!refused || !plan_.config.memory.budget) throw;
        return Error{ErrorCode::Failed, budgetSentence(*refused, plan_)};
    }
}

Result<void> RankRun::keepBudget(c10::Device device) const {
    const std::optional<Bytes> budget = plan_.config.memory.budget;
    if (budget && !device.is_cpu()) return limitDeviceTensors(device, *budget);
    limitCpuTensors(budget);
    return {};
}

// Weights are worth keeping without it.
void RankRun::keepTokenizer(const std::filesystem::path& folder) {
    const Result<void> written = writeTokenizer(plan_.config, folder);
    if (!written.ok())
        events_.tell(RankLog{
            .rank = 0,
            .message = "the tokenizer is not kept beside the weights: " + written.error().message});
}

Result<RankDone> RankRun::trainWithinBudget() {
    MemoryMeter& memory = countCpuTensors();
    RINGSCOPE_TRY(const Training training, trainingOf(input_.job()));
    RINGSCOPE_TRY(plan_, readPlan(training.configYaml, arguments_.world));
    std::optional<FinalWeights> weights;
    if (!training.weights.empty()) {
        RINGSCOPE_TRY(weights, FinalWeights::of(plan_));
    }
    const RunPlan& plan = plan_;
    settleComputeThreads(plan.config.launch);

    RINGSCOPE_TRY(const Sequences sequences, readData(plan.config));
    const std::string device = deviceName(plan.config.launch.device, arguments_.localRank);
    const c10::Device place(device);
    recording_.emplace(arguments_, plan, place, events_);
    RINGSCOPE_TRY(ranks_, meetRanks(arguments_, input_, events_, device));
    sayHello(arguments_, events_, device, planHash(plan), sequences.text().facts().hash);
    endAfterEpochs(sequences);

    const BatchSource batches = [&](std::int64_t step, std::int64_t number) {
        return makeBatch(sequences, plan.config.train, step, number);
    };
    std::optional<PlaceWatch> watch;
    if (const double stall = plan.config.launch.stallSeconds; stall > 0)
        watch.emplace(arguments_.rank, events_, placeInterval(stall));
    if (arguments_.rank == 0 && !plan.smallerMessages.empty())
        events_.tell(RankLog{.rank = 0, .message = plan.smallerMessages});
    recording_->watchTensors();
    RINGSCOPE_CHECK(keepBudget(place));
    RINGSCOPE_TRY(const std::unique_ptr<Trainer> trainer,
                  Trainer::make(plan, *ranks_.group, batches, place));
    RankCheckpoints checkpoints(
        plan, training, arguments_.run, sequences.text().facts().hash, *ranks_.rendezvous,
        arguments_.rank, [this](const std::string& sentence) {
            events_.tell(RankLog{.rank = arguments_.rank, .message = sentence});
        });
    if (!training.checkpoints.empty() && plan.config.checkpoint.every > 0) leaveOnSignal();
    RINGSCOPE_CHECK(trainSteps(*trainer, sequences, checkpoints));
    if (weights && !left_) {
        RINGSCOPE_CHECK(weights->write(training.weights, *trainer, *ranks_.group));
        if (arguments_.rank == 0) keepTokenizer(training.weights);
    }

    const Traffic sent = sentPerStep_.value_or(Traffic{});
    return RankDone{.rank = arguments_.rank,
                    .steps = next_,
                    .peakMemory = place.is_cpu() ? memory.peak() : peakDeviceMemory(place),
                    .attentionBytesPerStep = {sent.attention},
                    .gradientBytesPerStep = {sent.gradient},
                    .expertBytesPerStep = {expertBytes_ / std::max<std::int64_t>(1, steps_)},
                    .ended = ended_};
}

}  // namespace

int runRank(const RankArguments& arguments, int input, int events) {
    return runProgram(arguments, input, events, "training", &RankRun::train);
}

}  // namespace ringscope
