// The learning rate's course, betas, epochs and the optimizer.
#include "backend/config/choices.h"
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
constexpr std::int64_t mostStepsOfEpochs = 1'000'000;

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

// "get_cosine_schedule_with_warmup" -> "cosine"
std::string calledSchedule(std::string_view call) {
    constexpr std::string_view beginning = "get_";
    const std::size_t end = call.find("_schedule");
    if (!call.starts_with(beginning) || end == std::string_view::npos) return std::string(call);
    const std::string name(call.substr(beginning.size(), end - beginning.size()));
    return name == "constant" && call.ends_with("_with_warmup") ? name + "_with_warmup" : name;
}

// Returns whether the old stack warms up.
bool settleSchedule(Draft& draft) {
    KeyVerdict* key = draft.keyOf(Role::Scheduler);
    if (key == nullptr) return true;
    std::string name = toLower(draft.valueOf(*key));
    if (name == "call") name = calledSchedule(key->path);
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

// Where the data ends the run, how many steps the share stands for is asked.
void setWarmupShare(Draft& draft, KeyVerdict& key, double share) {
    if (const std::optional<std::int64_t> all = stepsOfRun(draft))
        return setWarmup(draft, key,
                         static_cast<std::int64_t>(std::ceil(share * static_cast<double>(*all))),
                         "this share of train.steps, rounded up");
    std::vector<DecisionOption> options = {
        {"0", "no warm-up", "the first steps have the whole learning rate"}};
    for (const std::string steps : {"10", "100", "1000"})
        options.push_back({steps, "train.lr_warmup " + steps,
                           "the whole learning rate is reached after " + steps + " steps"});
    const std::string chosen = draft.decide(
        {.id = "warmup",
         .question = key.path + " is " + key.old +
                     " of all steps, whose number only the data says (train.epochs); in how many "
                     "should the learning rate grow?",
         .key = {},
         .options = std::move(options),
         .defaultOption = "10",
         .chosen = {}},
        &key);
    draft.config().train.lrWarmup = parseInteger(chosen).value_or(0);
    key.newPath = "train.lr_warmup";
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
    const bool isShare = part && *part > 0 && *part < 1;
    const std::optional<std::int64_t> steps = draft.integerOf(Role::LrWarmup);
    if (isShare)
        setWarmupShare(draft, *counted, *part);
    else if (counted != nullptr && (!steps || *steps < 0 || *steps > mostSteps))
        endanger(*counted, "expected a number of steps; got '" + counted->old + "'");
    else if (steps && *steps == 0)
        hold(*counted, "0, so there is no warm-up");
    else if (steps)
        setWarmup(draft, *counted, *steps, "first steps, in which the learning rate grows from 0");
    if (share == nullptr) return;
    const std::optional<double> ratio = realOf(draft, Role::LrWarmupShare);
    if (!ratio || !(*ratio >= 0 && *ratio <= 1))
        return endanger(*share, "expected a share of the steps; got '" + share->old + "'");
    if (draft.hasOrigin("train.lr_warmup")) return drop(*share, counted->path + " is used instead");
    if (*ratio == 0) return hold(*share, "0, so there is no warm-up");
    setWarmupShare(draft, *share, *ratio);
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
    const bool given = draft.hasOrigin("train.steps");
    if (given && !counted)
        return hold(*key, "the number of steps is given, and decides alone in the old stack, too");
    TrainConfig& train = draft.config().train;
    const KeyVerdict* const data = draft.keyOf(Role::Data);
    if (data != nullptr && data->newPath == "data.source" &&
        draft.config().data.source == builtinProse) {
        key->verdict = data->verdict;
        key->newPath = "train.steps";
        key->reason =
            "follows from decision data: epochs of builtin:prose would be other numbers "
            "of steps, so train.steps " +
            std::to_string(train.steps) + " are made";
        return;
    }
    train.epochs = static_cast<std::int64_t>(std::ceil(*epochs));
    if (!given) train.steps = mostStepsOfEpochs;
    key->reason = std::string(static_cast<double>(*train.epochs) == *epochs ? "" : "rounded up: ") +
                  "the run ends when the data was seen so often, and after train.steps " +
                  std::to_string(train.steps) +
                  " at the latest; a lower train.steps ends it before";
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
    const std::optional<std::int64_t> steps = stepsOfRun(draft);
    if (!steps)
        return drop(*key,
                    "the rate falls in the last tenth of the steps (train.lr_decay null), whose "
                    "number only the data says");
    train.lrDecay = std::clamp<std::int64_t>(
        static_cast<std::int64_t>(std::round(*share * static_cast<double>(*steps))), 1,
        std::max<std::int64_t>(*steps - train.lrWarmup, 1));
    key->reason = "the rate stays constant (lr_schedule wsd), and falls in the last steps";
    draft.setOrigin("train.lr_decay", *key);
}

// A schedule that ends before the run, or after it.
void settleDecayEnd(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::LrDecayEnd);
    if (key == nullptr) return;
    const std::optional<std::int64_t> steps = stepsOfRun(draft);
    if (draft.config().train.lrSchedule == LrSchedule::Constant)
        return hold(*key, "the rate stays constant");
    if (steps && draft.integerOf(Role::LrDecayEnd) == steps)
        return hold(*key, "a schedule ends with train.steps");
    drop(*key, "a schedule ends with the run" +
                   (steps ? ", after train.steps " + std::to_string(*steps) : std::string()) +
                   ": rates of all steps differ");
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

std::optional<std::int64_t> stepsOfRun(const Draft& draft) {
    const TrainConfig& train = draft.config().train;
    if (train.epochs && !draft.hasOrigin("train.steps")) return std::nullopt;
    return train.steps;
}

void settleRecipe(Draft& draft) {
    settleEpochs(draft);
    const bool warmsUp = settleSchedule(draft);
    settleWarmup(draft, warmsUp);
    settleDecay(draft);
    settleDecayShare(draft);
    settleDecayEnd(draft);
    settleImpliedSchedule(draft);
    settleLeastRate(draft);
    settleBetas(draft);
    settleOptimizer(draft);
}

}  // namespace ringscope
