// The learning rate's course, betas, epochs and validation.
#include "backend/config/value_text.h"
#include "backend/core/plain_text.h"
#include "backend/core/text.h"
#include "backend/migration/draft.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ringscope {
namespace {

constexpr std::int64_t mostSteps = 1'000'000'000;
constexpr std::int64_t mostEpochs = 1'000'000;

// What the old stacks call a course, and whether it begins with a warm-up there.
struct ScheduleName {
    std::string_view name;
    LrSchedule schedule;
    bool warmsUp = true;
};
constexpr std::array scheduleNames = {
    ScheduleName{"constant", LrSchedule::Constant, false},
    ScheduleName{"constant_with_warmup", LrSchedule::Constant},
    ScheduleName{"warmuplr", LrSchedule::Constant},
    ScheduleName{"linear", LrSchedule::Linear},
    ScheduleName{"warmupdecaylr", LrSchedule::Linear},
    ScheduleName{"cosine", LrSchedule::Cosine},
    ScheduleName{"cosine_with_min_lr", LrSchedule::Cosine},
    ScheduleName{"warmupcosinelr", LrSchedule::Cosine},
    ScheduleName{"warmup_stable_decay", LrSchedule::Wsd},
};

std::optional<double> realOf(const Draft& draft, Role role) {
    const std::string* text = draft.textOf(role);
    return text != nullptr ? parseReal(*text) : std::nullopt;
}

// Returns whether the old stack warms up.
bool settleSchedule(Draft& draft) {
    KeyVerdict* key = draft.keyOf(Role::Scheduler);
    if (key == nullptr) return true;
    const std::string name = toLower(key->old);
    const auto known = std::ranges::find(scheduleNames, name, &ScheduleName::name);
    if (known == scheduleNames.end()) {
        drop(*key,
             "train.lr_schedule has constant, linear, cosine and wsd: the rate stays constant, "
             "and losses differ");
        return true;
    }
    draft.config().train.lrSchedule = known->schedule;
    key->reason = "how the learning rate goes on after train.lr_warmup";
    draft.setOrigin("train.lr_schedule", *key);
    return known->warmsUp;
}

void setWarmup(Draft& draft, KeyVerdict& key, std::int64_t steps, const std::string& reason) {
    TrainConfig& train = draft.config().train;
    train.lrWarmup = steps;
    key.newPath = "train.lr_warmup";
    key.reason = reason;
    if (steps >= train.steps)
        key.reason +=
            "; train.steps is " + std::to_string(train.steps) + ", so train.lr is never reached";
    draft.setOrigin(key.newPath, key);
}

// Steps count where both are given, as in the old stacks.
void settleWarmup(Draft& draft, bool warmsUp) {
    KeyVerdict* const counted = draft.keyOf(Role::LrWarmup);
    KeyVerdict* const share = draft.keyOf(Role::LrWarmupShare);
    if (!warmsUp) {
        for (KeyVerdict* key : {counted, share})
            if (key != nullptr) drop(*key, "constant begins without a warm-up in the old stack");
        return;
    }
    const std::optional<std::int64_t> steps = draft.integerOf(Role::LrWarmup);
    if (counted != nullptr && (!steps || *steps < 0 || *steps > mostSteps))
        endanger(*counted, "expected a number of steps; got '" + counted->old + "'");
    else if (steps && *steps == 0)
        drop(*counted, "0, so there is no warm-up");
    else if (steps)
        setWarmup(draft, *counted, *steps, "first steps, in which the learning rate grows from 0");
    if (share == nullptr) return;
    const std::optional<double> ratio = realOf(draft, Role::LrWarmupShare);
    if (!ratio || !(*ratio >= 0 && *ratio <= 1))
        return endanger(*share, "expected a share of the steps; got '" + share->old + "'");
    if (draft.hasOrigin("train.lr_warmup")) return drop(*share, counted->path + " is used instead");
    if (*ratio == 0) return drop(*share, "0, so there is no warm-up");
    const auto all = static_cast<double>(draft.config().train.steps);
    setWarmup(draft, *share, static_cast<std::int64_t>(std::ceil(*ratio * all)),
              "this share of train.steps, rounded up");
}

void settleDecay(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::LrDecay);
    if (key == nullptr) return;
    TrainConfig& train = draft.config().train;
    const std::optional<std::int64_t> steps = draft.integerOf(Role::LrDecay);
    if (!steps || *steps < 1 || *steps > mostSteps)
        return endanger(*key, "expected a number of steps; got '" + key->old + "'");
    if (train.lrSchedule != LrSchedule::Wsd)
        return drop(*key, "for lr_schedule wsd, which is not used");
    if (train.lrWarmup + *steps > train.steps)
        return endanger(*key, "longer than train.steps " + std::to_string(train.steps) +
                                  " allow; train.lr_decay is null instead, a tenth of all");
    train.lrDecay = *steps;
    key->reason = "last steps, in which the learning rate falls; linearly, whatever decay_type is";
    draft.setOrigin("train.lr_decay", *key);
}

void settleBetas(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::Betas);
    if (key == nullptr) return;
    const std::optional<std::vector<double>> betas = parseRealList(key->old);
    const auto isBeta = [](double value) { return value >= 0 && value < 1; };
    if (!betas || betas->size() != 2 || !std::ranges::all_of(*betas, isBeta))
        return endanger(*key, "expected two numbers from 0 to below 1; got '" + key->old + "'");
    draft.config().train.beta1 = betas->front();
    draft.config().train.beta2 = betas->back();
    key->reason = "train.beta1 and train.beta2";
    draft.setOrigin("train.beta1", *key);
    draft.setOrigin("train.beta2", *key);
}

void settleEpochs(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::Epochs);
    if (key == nullptr) return;
    const std::optional<double> epochs = realOf(draft, Role::Epochs);
    if (!epochs || !(*epochs > 0 && *epochs <= mostEpochs))
        return endanger(*key, "expected a number of epochs; got '" + key->old + "'");
    if (draft.hasOrigin("train.steps"))
        return drop(*key, "the number of steps is given, and decides alone in the old stack, too");
    draft.config().train.epochs = static_cast<std::int64_t>(std::ceil(*epochs));
    key->reason = "the run ends when the data was seen so often, and after train.steps " +
                  std::to_string(draft.config().train.steps) + " at the latest";
    draft.setOrigin("train.epochs", *key);
}

// Returns whether data is kept out.
bool settleShare(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::ValidationShare);
    if (key == nullptr) return false;
    const std::optional<double> share = realOf(draft, Role::ValidationShare);
    if (!share || *share < 0) {
        endanger(*key, "expected a share of the data; got '" + key->old + "'");
        return false;
    }
    if (*share == 0 || *share >= 1) {
        drop(*key, *share == 0 ? "0, so nothing is kept out of training"
                               : "a number of samples; data.validation is a share of the data");
        return false;
    }
    draft.config().data.validation = *share;
    key->reason = "the share that is kept out of training, and validated on";
    draft.setOrigin("data.validation", *key);
    return true;
}

void settleValidation(Draft& draft) {
    const bool keepsOut = settleShare(draft);
    KeyVerdict* const when = draft.keyOf(Role::ValidationWhen);
    KeyVerdict* const every = draft.keyOf(Role::ValidationSteps);
    const std::string word = when == nullptr ? "steps" : toLower(when->old);
    if (when != nullptr)
        drop(*when, !keepsOut         ? "no data is kept out of training to validate on"
                    : word == "steps" ? "train.validate_every says after how many"
                                      : "a validation follows the last step alone "
                                        "(train.validate_every 0)");
    if (every == nullptr) return;
    const std::optional<double> steps = realOf(draft, Role::ValidationSteps);
    if (!steps || !(*steps > 0 && *steps <= mostSteps))
        return endanger(*every, "expected a number of steps; got '" + every->old + "'");
    if (!keepsOut) return drop(*every, "no data is kept out of training to validate on");
    if (word != "steps") return drop(*every, "not in use, so nothing is lost");
    TrainConfig& train = draft.config().train;
    const double counted = *steps < 1 ? *steps * static_cast<double>(train.steps) : *steps;
    train.validateEvery = static_cast<std::int64_t>(std::ceil(counted));
    every->reason = *steps < 1 ? "this share of train.steps, rounded up"
                               : "steps from one validation to the next";
    draft.setOrigin("train.validate_every", *every);
}

}  // namespace

void settleRecipe(Draft& draft) {
    const bool warmsUp = settleSchedule(draft);
    settleWarmup(draft, warmsUp);
    settleDecay(draft);
    settleBetas(draft);
    settleEpochs(draft);
    settleValidation(draft);
}

}  // namespace ringscope
