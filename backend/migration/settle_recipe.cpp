// The learning rate's course, betas, epochs and the optimizer.
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
    ScheduleName{"polynomial", LrSchedule::Linear},  // of power 1, unless it is said otherwise
    ScheduleName{"cosine", LrSchedule::Cosine},
    ScheduleName{"cosine_with_min_lr", LrSchedule::Cosine},
    ScheduleName{"cosine_with_restarts", LrSchedule::Cosine},  // one, unless it is said otherwise
    ScheduleName{"warmupcosinelr", LrSchedule::Cosine},
    ScheduleName{"warmup_stable_decay", LrSchedule::Wsd},
    ScheduleName{"wsd", LrSchedule::Wsd},
    ScheduleName{"cosineannealing", LrSchedule::Cosine},
    ScheduleName{"cosine_with_min_lr_rate", LrSchedule::Cosine},
    ScheduleName{"cosine_warmup_with_min_lr", LrSchedule::Cosine},
};

// Returns whether the old stack warms up.
bool settleSchedule(Draft& draft) {
    KeyVerdict* key = draft.keyOf(Role::Scheduler);
    if (key == nullptr) return true;
    const std::string name = toLower(draft.valueOf(*key));
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
    return known->warmsUp || draft.source().kind == megatronKind;
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
            if (key != nullptr)
                endanger(*key,
                         "constant begins without a warm-up in the old stack, so this did "
                         "nothing; constant_with_warmup has one");
        return;
    }
    const std::optional<double> part = realOf(draft, Role::LrWarmup);
    const std::optional<std::int64_t> steps =
        part && *part > 0 && *part < 1
            ? std::optional(static_cast<std::int64_t>(
                  std::ceil(*part * static_cast<double>(draft.config().train.steps))))
            : draft.integerOf(Role::LrWarmup);
    if (counted != nullptr && (!steps || *steps < 0 || *steps > mostSteps))
        endanger(*counted, "expected a number of steps; got '" + counted->old + "'");
    else if (steps && *steps == 0)
        hold(*counted, "0, so there is no warm-up");
    else if (steps)
        setWarmup(draft, *counted, *steps,
                  part && *part < 1 ? "this share of train.steps, rounded up"
                                    : "first steps, in which the learning rate grows from 0");
    if (share == nullptr) return;
    const std::optional<double> ratio = realOf(draft, Role::LrWarmupShare);
    if (!ratio || !(*ratio >= 0 && *ratio <= 1))
        return endanger(*share, "expected a share of the steps; got '" + share->old + "'");
    if (draft.hasOrigin("train.lr_warmup")) return drop(*share, counted->path + " is used instead");
    if (*ratio == 0) return hold(*share, "0, so there is no warm-up");
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
        return hold(*key, "for lr_schedule wsd, which is not used");
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
    const std::string& written = key->old;
    const bool bare = !written.starts_with('[');  // "0.9, 0.95" or "(0.9, 0.95)"
    std::string listed = bare ? "[" + written + "]" : written;
    std::ranges::replace(listed, '(', ' ');
    std::ranges::replace(listed, ')', ' ');
    const std::optional<std::vector<double>> betas = parseRealList(listed);
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
    if (epochs && *epochs < 0) return hold(*key, "no limit");
    if (!epochs || !(*epochs > 0 && *epochs <= mostEpochs))
        return endanger(*key, "expected a number of epochs; got '" + key->old + "'");
    const KeyVerdict* const samples = draft.keyOf(Role::MostSamples);
    const bool counted = samples != nullptr && samples->newPath == "train.steps";
    if (draft.hasOrigin("train.steps") && !counted)
        return hold(*key, "the number of steps is given, and decides alone in the old stack, too");
    draft.config().train.epochs = static_cast<std::int64_t>(std::ceil(*epochs));
    key->reason = "the run ends when the data was seen so often, and after train.steps " +
                  std::to_string(draft.config().train.steps) + " at the latest";
    draft.setOrigin("train.epochs", *key);
}

// The share of lr that a schedule ends at, from a rate of its own.
void settleLeastRate(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::LrLeast);
    if (key == nullptr) return;
    TrainConfig& train = draft.config().train;
    const std::optional<double> least = realOf(draft, Role::LrLeast);
    if (!least || *least < 0)
        return endanger(*key, "expected a learning rate; got '" + key->old + "'");
    if (draft.hasOrigin("train.lr_final")) return endanger(*key, "another key says train.lr_final");
    if (!(train.lr > 0) || *least > train.lr)
        return endanger(*key, "more than train.lr; the rate ends at 0 instead");
    train.lrFinal = *least / train.lr;
    key->reason = "as a share of train.lr";
    draft.setOrigin("train.lr_final", *key);
}

// A schedule that stays constant before its last share of the steps.
void settleDecayShare(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::LrDecayShare);
    if (key == nullptr) return;
    TrainConfig& train = draft.config().train;
    const std::optional<double> share = realOf(draft, Role::LrDecayShare);
    if (!share || !(*share >= 0 && *share <= 1))
        return endanger(*key, "expected a share of the steps; got '" + key->old + "'");
    if (train.lrSchedule == LrSchedule::Cosine)
        return drop(*key, "train.lr_schedule cosine falls from the warm-up's end on");
    train.lrSchedule = *share == 0 ? LrSchedule::Constant : LrSchedule::Wsd;
    draft.setOrigin("train.lr_schedule", *key);
    if (*share == 0) return hold(*key, "0, so the rate stays constant");
    const auto steps = static_cast<double>(train.steps);
    train.lrDecay =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(std::round(*share * steps)), 1,
                                 std::max<std::int64_t>(train.steps - train.lrWarmup, 1));
    key->reason = "the rate stays constant (lr_schedule wsd), and falls in the last steps";
    draft.setOrigin("train.lr_decay", *key);
}

// A schedule that ends before the run, or after it.
void settleDecayEnd(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::LrDecayEnd);
    if (key == nullptr) return;
    const std::string steps = std::to_string(draft.config().train.steps);
    if (draft.config().train.lrSchedule == LrSchedule::Constant)
        return hold(*key, "the rate stays constant");
    if (draft.integerOf(Role::LrDecayEnd) == draft.config().train.steps)
        return hold(*key, "a schedule ends with train.steps");
    drop(*key, "a schedule ends with train.steps, " + steps + ": rates of all steps differ");
}

// torchtitan's rate falls linearly unless a key says otherwise.
void settleImpliedSchedule(Draft& draft) {
    if (draft.source().kind != torchtitanKind || draft.hasOrigin("train.lr_schedule")) return;
    if (draft.keyOf(Role::LrWarmup) == nullptr) return;
    draft.config().train.lrSchedule = LrSchedule::Linear;
}

// Settings of an optimizer that another key switches on.
void holdUnusedOptimizers(Draft& draft) {
    for (const std::string_view name : {"galore", "apollo", "badam"}) {
        const bool on = std::ranges::any_of(draft.keys, [&](const KeyVerdict& key) {
            return key.path.ends_with("use_" + std::string(name)) &&
                   parseSwitch(key.old).value_or(true);
        });
        for (KeyVerdict& key : draft.keys)
            if (!on && key.verdict == Verdict::Dropped && key.reason == wholeOptimizer &&
                key.path.find(std::string(name) + "_") != std::string::npos)
                hold(key, "not in use, so nothing is lost");
    }
}

void settleOptimizer(Draft& draft) {
    holdUnusedOptimizers(draft);
    KeyVerdict* const key = draft.keyOf(Role::Optimizer);
    if (key == nullptr) return;
    const std::string word = toLower(draft.valueOf(*key));
    const bool adam =
        word.find("adam") != std::string::npos && word.find("adamax") == std::string::npos &&
        word.find("adam_mini") == std::string::npos && word.find("onebit") == std::string::npos;
    if (!adam) return drop(*key, "Ringscope trains with AdamW: losses and optimizer memory differ");
    const bool small =
        word.find("8bit") != std::string::npos || word.find("bnb") != std::string::npos;
    draft.config().train.optimizer = small ? OptimizerKind::AdamW8bit : OptimizerKind::AdamW;
    key->reason =
        small ? "its state in 8 bits, in blocks of 256" : "AdamW, wherever it is computed";
    draft.setOrigin("train.optimizer", *key);
}

}  // namespace

void settleRecipe(Draft& draft) {
    const bool warmsUp = settleSchedule(draft);
    settleWarmup(draft, warmsUp);
    settleDecay(draft);
    settleDecayShare(draft);
    settleDecayEnd(draft);
    settleImpliedSchedule(draft);
    settleLeastRate(draft);
    settleBetas(draft);
    settleEpochs(draft);
    settleOptimizer(draft);
}

}  // namespace ringscope
