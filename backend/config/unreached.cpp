#include "backend/config/unreached.h"

#include <string>

namespace ringscope {
namespace {

std::string pastTheEnd(std::string_view path, std::int64_t value, const TrainConfig& train) {
    return named(path, value) + " is more than " + named("train.steps", train.steps);
}

void checkWarmup(const TrainConfig& train, std::vector<ConfigConflict>& found) {
    if (train.lrWarmup < train.steps) return;
    found.push_back({{"train.lr_warmup", "train.steps"},
                     named("train.lr_warmup", train.lrWarmup) + " leaves no step of " +
                         named("train.steps", train.steps) +
                         " at train.lr, so the learning rate never gets there; use fewer steps of "
                         "warm-up"});
}

void checkCheckpoints(const RunConfig& config, std::vector<ConfigConflict>& found) {
    if (config.checkpoint.every <= config.train.steps) return;
    found.push_back({{"checkpoint.every", "train.steps"},
                     pastTheEnd("checkpoint.every", config.checkpoint.every, config.train) +
                         ", so no checkpoint is written; use at most " +
                         std::to_string(config.train.steps) + ", or 0 for none"});
}

void checkValidations(const RunConfig& config, std::vector<ConfigConflict>& found) {
    const TrainConfig& train = config.train;
    if (train.validateEvery > train.steps)
        found.push_back({{"train.validate_every", "train.steps"},
                         pastTheEnd("train.validate_every", train.validateEvery, train) +
                             ", so the run validates after its last step alone; use at most " +
                             std::to_string(train.steps) + ", or 0 for the last step alone"});
    if (!train.stopPatience) return;
    // The first has nothing to be compared with, and after the last one the run is over.
    const std::int64_t every = train.validateEvery > 0 ? train.validateEvery : train.steps;
    const std::int64_t validations = (train.steps + every - 1) / every;
    if (*train.stopPatience + 1 < validations) return;
    found.push_back({{"train.stop_patience", "train.validate_every", "train.steps"},
                     named("train.stop_patience", *train.stopPatience) +
                         " never ends the run, which does " + std::to_string(validations) +
                         (validations == 1 ? " validation" : " validations") +
                         "; use fewer, or validate more often by train.validate_every"});
}

void checkRecording(const RunConfig& config, std::vector<ConfigConflict>& found) {
    const std::int64_t steps = config.train.steps;
    const std::optional<StepRange>& recorded = config.profile.steps;
    if (!recorded || recorded->end <= steps) return;
    const bool none = recorded->begin >= steps;
    found.push_back(
        {{"profile.steps", "train.steps"},
         "profile.steps " +
             (none ? "begins at " + std::to_string(recorded->begin)
                   : "ends at " + std::to_string(recorded->end)) +
             ", after the last of " + named("train.steps", steps) + ", so " +
             (none ? "nothing is recorded; name steps from 0 to " + std::to_string(steps - 1)
                   : std::to_string(steps - recorded->begin) + " of " +
                         std::to_string(recorded->end - recorded->begin) +
                         " steps are recorded; let it end at " + std::to_string(steps))});
}

}  // namespace

std::vector<ConfigConflict> findUnreached(const RunConfig& config) {
    std::vector<ConfigConflict> found;
    checkWarmup(config.train, found);
    checkCheckpoints(config, found);
    checkValidations(config, found);
    checkRecording(config, found);
    return found;
}

}  // namespace ringscope
