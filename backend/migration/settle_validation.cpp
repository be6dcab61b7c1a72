// What is kept out of training and validated on, and what is kept of a training.
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/migration/draft.h"

#include <cmath>

namespace ringscope {
namespace {

constexpr std::int64_t mostCountedSteps = 1'000'000'000;
constexpr std::string_view shareOfUnknown = "a share of steps whose number only the data says";

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
        if (*share == 0)
            hold(*key, "0, so nothing is kept out of training");
        else
            drop(*key, "a number of samples; data.validation is a share of the data");
        return false;
    }
    draft.config().data.validation = *share;
    key->reason = "the share that is kept out of training, and validated on";
    draft.setOrigin("data.validation", *key);
    return true;
}

// Megatron's "969,30,1": the second part is validated on.
bool settleSplit(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::DataSplit);
    if (key == nullptr) return false;
    std::string text = draft.valueOf(*key);
    if (!text.starts_with('[')) text = "[" + text + "]";
    const std::optional<std::vector<double>> parts = parseRealList(text);
    double all = 0;
    for (const double part : parts.value_or(std::vector<double>{})) all += part;
    if (!parts || parts->size() < 2 || !(all > 0)) {
        endanger(*key, "expected shares of training, validation and test; got '" + key->old + "'");
        return false;
    }
    const double share = parts->at(1) / all;
    if (!(share > 0 && share < 1)) {
        hold(*key, "nothing is kept out of training");
        return false;
    }
    draft.config().data.validation = share;
    key->reason = "the share that is kept out of training, and validated on";
    draft.setOrigin("data.validation", *key);
    return true;
}

// Another data set to validate on: a share of the trained one may stand for it. Returns whether it
// does.
bool settleOtherData(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::ValidationData);
    if (key == nullptr) return false;
    double& share = draft.config().data.validation;
    key->newPath = "data.validation";
    if (share > 0) {
        drop(*key, "data.validation keeps a share of the trained data out instead");
        return false;
    }
    const std::string chosen = draft.decide(
        {.id = "validation",
         .question =
             "the old runs validated on " + shown(key->old) +
             "; Ringscope validates on a share of the trained data: should one be kept out?",
         .key = {},
         .options = {{"share", "data.validation 0.05",
                      "a twentieth of the data is not trained on; losses are of that data"},
                     {"none", "no validation", "all of the data is trained on"}},
         .defaultOption = "share",
         .chosen = {}},
        key);
    if (chosen != "share") return false;
    constexpr double usual = 0.05;
    share = usual;
    draft.setOrigin("data.validation", *key);
    return true;
}

// Returns whether the file switches validations off, whatever else it says of them.
bool isSwitchedOff(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::ValidationOn);
    const std::optional<bool> on = readSwitch(draft, Role::ValidationOn);
    if (!on) return false;
    hold(*key, *on ? "data.validation keeps data out of training" : "off, so nothing is lost");
    if (*on) return false;
    for (const Role role :
         {Role::ValidationShare, Role::ValidationData, Role::ValidationSteps, Role::ValidationWhen})
        if (KeyVerdict* const part = draft.keyOf(role)) hold(*part, key->path + " is off");
    return true;
}

void settleWhen(Draft& draft) {
    if (isSwitchedOff(draft)) return;
    const bool byShare = settleShare(draft);
    const bool bySplit = settleSplit(draft);
    const bool keepsOut = settleOtherData(draft) || byShare || bySplit;
    KeyVerdict* const when = draft.keyOf(Role::ValidationWhen);
    KeyVerdict* const every = draft.keyOf(Role::ValidationSteps);
    const std::string word = when == nullptr ? "steps" : toLower(when->old);
    if (when != nullptr && word == "epoch" && keepsOut)
        drop(*when, "a validation follows the last step alone (train.validate_every 0)");
    else if (when != nullptr)
        hold(*when, !keepsOut         ? "no data is kept out of training to validate on"
                    : word == "steps" ? "train.validate_every says after how many"
                                      : "a validation follows the last step alone "
                                        "(train.validate_every 0)");
    if (every == nullptr) return;
    const std::optional<double> steps = realOf(draft, Role::ValidationSteps);
    if (steps && *steps <= 0) return hold(*every, "no validation between steps");
    if (!steps || !(*steps <= mostCountedSteps))
        return endanger(*every, "expected a number of steps; got '" + every->old + "'");
    if (!keepsOut) return hold(*every, "no data is kept out of training to validate on");
    if (word != "steps") return hold(*every, "not in use, so nothing is lost");
    const std::optional<std::int64_t> all = stepsOfRun(draft);
    if (*steps < 1 && !all)
        return drop(*every, std::string(shareOfUnknown) +
                                "; a validation follows the last step alone "
                                "(train.validate_every 0)");
    const double counted = *steps < 1 ? *steps * static_cast<double>(*all) : *steps;
    draft.config().train.validateEvery = static_cast<std::int64_t>(std::ceil(counted));
    every->reason = *steps < 1 ? "this share of train.steps, rounded up"
                               : "steps from one validation to the next";
    draft.setOrigin("train.validate_every", *every);
}

void settleValidationBatch(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::ValidationBatch);
    if (key == nullptr) return;
    const std::optional<std::int64_t> batch = draft.integerOf(Role::ValidationBatch);
    if (!(draft.config().data.validation > 0)) return hold(*key, "nothing is validated on");
    if (batch == draft.config().train.batch)
        return hold(*key, "a validation takes batches of train.batch sequences");
    drop(*key, "a validation takes batches of train.batch sequences: its memory and time differ");
}

void settlePatience(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::Patience);
    if (key == nullptr) return;
    const std::optional<std::int64_t> patience = draft.integerOf(Role::Patience);
    if (!patience || *patience < 1 || *patience > 1'000'000)
        return endanger(*key, "expected a number of validations; got '" + key->old + "'");
    if (!(draft.config().data.validation > 0))
        return drop(*key, "no data is kept out of training to validate on");
    draft.config().train.stopPatience = *patience;
    key->reason = "validations that bring no better loss end a run";
    draft.setOrigin("train.stop_patience", *key);
}

}  // namespace

void settleValidation(Draft& draft) {
    settleWhen(draft);
    settleValidationBatch(draft);
    settlePatience(draft);
}

void settleSaves(Draft& draft) {
    CheckpointConfig& checkpoint = draft.config().checkpoint;
    KeyVerdict* const when = draft.keyOf(Role::SaveWhen);
    KeyVerdict* const every = draft.keyOf(Role::SaveSteps);
    KeyVerdict* const most = draft.keyOf(Role::SaveMost);
    const bool off = !draft.switchOf(Role::SaveOn).value_or(true);
    const std::string word = when == nullptr ? "steps" : toLower(draft.valueOf(*when));
    if (KeyVerdict* const on = draft.keyOf(Role::SaveOn))
        hold(*on,
             off ? "checkpoint.every 0 writes none" : "checkpoint.every says after how many steps");
    if (when != nullptr && word == "epoch") {
        checkpoint.atEnd = true;
        when->newPath = "checkpoint.at_end";
        when->reason = "a checkpoint follows the last step; checkpoint.every counts steps";
        draft.setOrigin("checkpoint.at_end", *when);
    } else if (when != nullptr) {
        hold(*when, word == "no" ? "checkpoint.every 0 writes none"
                                 : "checkpoint.every says after how many steps");
    }
    if (every != nullptr) {
        const std::optional<double> steps = realOf(draft, Role::SaveSteps);
        const std::optional<std::int64_t> all = stepsOfRun(draft);
        if (!steps || *steps > mostCountedSteps)
            endanger(*every, "expected a number of steps; got '" + every->old + "'");
        else if (off || word != "steps" || *steps <= 0)
            hold(*every, "no checkpoints between steps");
        else if (*steps < 1 && !all)
            drop(*every, std::string(shareOfUnknown) + "; checkpoint.every counts steps");
        else {
            const double share = *steps < 1 ? *steps * static_cast<double>(*all) : *steps;
            checkpoint.every = static_cast<std::int64_t>(std::ceil(share));
            every->reason = "steps from one checkpoint to the next";
            draft.setOrigin("checkpoint.every", *every);
        }
    }
    if (most == nullptr) return;
    if (draft.integerOf(Role::SaveMost).value_or(0) <= 0)
        hold(*most, "no limit; checkpoint.keep is " + std::to_string(checkpoint.keep));
    else {
        most->reason = "of a run's checkpoints, the newest";
        draft.setField(static_cast<std::size_t>(most - draft.keys.data()));
    }
}

}  // namespace ringscope
