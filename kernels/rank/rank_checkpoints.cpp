#include "kernels/rank/rank_checkpoints.h"

#include "backend/config/experiment.h"
#include "backend/core/units.h"

#include <ATen/ops/full.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

std::atomic<bool> leaveAsked{false};

void askToLeave(int /*signal*/) { leaveAsked = true; }

using Clock = std::chrono::steady_clock;

// How long rank 0 waits for another rank's part, and how often it asks.
constexpr std::chrono::minutes partLimit{10};
constexpr std::chrono::milliseconds betweenQuestions{10};

std::string keyOf(std::int64_t step, int rank) {
    return "checkpoint/" + std::to_string(step) + "/" + std::to_string(rank);
}

}  // namespace

void leaveOnSignal() {
    leaveAsked = false;
    std::signal(SIGTERM, askToLeave);
}

RankCheckpoints::RankCheckpoints(const RunPlan& plan, const Training& training, std::string run,
                                 std::string data, const RendezvousStore& others, int rank,
                                 std::function<void(const std::string&)> tell)
    : every_(training.checkpoints.empty() ? 0 : plan.config.checkpoint.every),
      keep_(plan.config.checkpoint.keep),
      inFile_(plan.config.memory.offloadOptimizer != OffloadPlace::None ||
              plan.config.memory.offloadParameters != OffloadPlace::None),
      ranks_(plan.ranks),
      head_{.run = std::move(run),
            .configYaml = toYaml(plan.config),
            .data = std::move(data),
            .seed = plan.config.train.seed,
            .files = {}},
      folder_(training.checkpoints),
      resume_(training.resume),
      others_(others),
      rank_(rank),
      tell_(std::move(tell)) {
    if (every_ > 0 && rank_ == 0) sweepHalves(folder_);
}

RankCheckpoints::~RankCheckpoints() {
    abandoned_ = true;
    finish();
}

Result<void> RankCheckpoints::checkFits(const CheckpointManifest& stored) const {
    if (stored.data == head_.data) return {};
    return Error{ErrorCode::InvalidConfig,
                 "the checkpoint '" + resume_.string() +
                     "' is of a training on other data: the files of data.source, or the "
                     "tokenizer's, differ; use those it was trained on"};
}

Result<std::int64_t> RankCheckpoints::restore(Trainer& trainer, Group& group) {
    if (resume_.empty()) return 0;
    RINGSCOPE_TRY(const CheckpointReading reading, CheckpointReading::open(resume_));
    RINGSCOPE_CHECK(checkFits(reading.manifest()));
    RINGSCOPE_CHECK(reading.verify(rank_, ranks_));
    group.barrier();  // no rank uses what another finds damaged
    RINGSCOPE_CHECK(trainer.restore(reading.state()));
    lastStep_ = reading.manifest().step;
    bestValidation_ = reading.manifest().bestValidation;
    return lastStep_;
}

bool RankCheckpoints::afterStep(std::int64_t done, Trainer& trainer, Group& group,
                                const std::optional<BestValidation>& best) {
    if (every_ == 0) return false;
    bool leave = leaveAsked;
    if (group.size() > 1) {
        at::Tensor asked = at::full({1}, leave ? 1.0 : 0.0, at::kDouble).to(trainer.device());
        group.allReduceSum(asked);
        leave = asked.item<double>() > 0;
    }
    if ((leave || done % every_ == 0) && done != lastStep_) begin(done, trainer, best);
    return leave;
}

void RankCheckpoints::begin(std::int64_t done, Trainer& trainer,
                            const std::optional<BestValidation>& best) {
    const auto start = Clock::now();
    finish();
    lastStep_ = done;
    const TrainingProgress progress = trainer.progress();
    CheckpointManifest head = head_;
    head.step = done;
    head.optimizerSteps = progress.optimizerSteps;
    head.lossScale = progress.lossScale;
    head.goodSteps = progress.goodSteps;
    head.bestValidation = best;
    auto copy = std::make_shared<Result<CheckpointCopy>>(copyOf(trainer, done));
    writer_ = std::thread([this, head = std::move(head), copy = std::move(copy),
                           heldUp = Clock::now() - start] { write(head, *copy, heldUp); });
}

Result<CheckpointCopy> RankCheckpoints::copyOf(Trainer& trainer, std::int64_t step) const {
    CheckpointCopy copy;
    if (inFile_) {
        const std::filesystem::path file =
            halfFolder(folder_, step) / ("rank-" + std::to_string(rank_) + ".copy");
        RINGSCOPE_TRY(copy, CheckpointCopy::inFile(file));
    }
    RINGSCOPE_CHECK(
        trainer.visitOwnedSlices([&](const StateSlice& slice) { return copy.add(slice); }));
    return copy;
}

void RankCheckpoints::finish() {
    if (writer_.joinable()) writer_.join();
}

void RankCheckpoints::write(const CheckpointManifest& head, Result<CheckpointCopy>& copy,
                            Nanos heldUp) const {
    const auto start = Clock::now();
    Result<CheckpointFile> own = copy.ok() ? copy->write(halfFolder(folder_, head.step), rank_)
                                           : Result<CheckpointFile>(copy.error());
    try {
        if (rank_ != 0) {
            others_.tell(keyOf(head.step, rank_), toText(own));
            return;
        }
        const Result<void> committed = gather(head, std::move(own));
        if (committed.ok())
            return tell_("checkpoint of step " + std::to_string(head.step) + ": " +
                         formatBytes({copy->bytes()}) + " of rank 0, written in " +
                         formatDuration(Clock::now() - start) + "; the training was held up for " +
                         formatDuration(heldUp));
        std::error_code ignored;
        std::filesystem::remove_all(halfFolder(folder_, head.step), ignored);
        tell_("the checkpoint of step " + std::to_string(head.step) +
              " is lost, and the training goes on: " + committed.error().message);
    } catch (const std::exception&) {
        // Rank 0's host is gone, and the run ends of that.
    }
}

Result<void> RankCheckpoints::gather(CheckpointManifest manifest,
                                     Result<CheckpointFile> own) const {
    std::optional<Error> problem;
    const auto add = [&](int rank, Result<CheckpointFile> file) {
        if (file.ok())
            manifest.files.push_back(*std::move(file));
        else if (!problem)
            problem = std::move(file).error().in("rank " + std::to_string(rank));
    };
    add(0, std::move(own));
    for (int rank = 1; rank < ranks_; ++rank) add(rank, waitFor(rank, manifest.step));
    if (problem) return *std::move(problem);
    RINGSCOPE_CHECK(commitCheckpoint(folder_, manifest));
    return keepNewest(folder_, keep_);
}

Result<CheckpointFile> RankCheckpoints::waitFor(int rank, std::int64_t step) const {
    const auto end = Clock::now() + partLimit;
    for (;;) {
        if (const std::optional<std::string> text = others_.told(keyOf(step, rank)))
            return parseWritten(*text);
        if (abandoned_) return Error{ErrorCode::Failed, "the training ended before"};
        if (Clock::now() > end)
            return Error{ErrorCode::Failed, "it has not written its part in 10 minutes"};
        std::this_thread::sleep_for(betweenQuestions);
    }
}

}  // namespace ringscope
