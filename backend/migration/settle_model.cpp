#include "backend/config/field_table.h"
#include "backend/config/value_text.h"
#include "backend/core/units.h"
#include "backend/migration/draft.h"
#include "backend/migration/model_names.h"
#include "backend/model/parameter_list.h"
#include "backend/plan/run_plan.h"

#include <algorithm>

namespace ringscope {
namespace {

std::string sizesOf(const ModelConfig& model) {
    return formatCount(model.layers) + (model.layers == 1 ? " layer" : " layers") + ", hidden " +
           formatCount(model.hiddenSize) + ", " + formatCount(model.heads) + " heads, " +
           formatCount(model.kvHeads) + " key/value heads, ffn " + formatCount(model.ffnSize) +
           ", vocabulary " + formatCount(model.vocabSize);
}

// Weights, gradients and AdamW's two moments, four bytes each.
std::string costOf(const ModelConfig& model) {
    const std::int64_t parameters = parameterCount(model).value_or(0);
    return formatCount(parameters) + " parameters, about " + formatBytes({16 * parameters}) +
           " on every rank in fp32 with AdamW";
}

DecisionOption option(std::string id, const std::string& label, const ModelConfig& model,
                      std::string_view note) {
    return {std::move(id), label + ": " + sizesOf(model),
            costOf(model) + (note.empty() ? "" : "; " + std::string(note))};
}

// Every answer to the question which sizes to train, and what it means.
class ModelChoice {
public:
    void add(DecisionOption option, const ModelConfig& model) {
        options_.push_back(std::move(option));
        models_.push_back(model);
    }
    void addPresets() {
        for (const ModelPreset& preset : modelPresets())
            add(option(std::string(preset.name), "the preset", preset.model,
                       "bytes and FLOPs are this model's"),
                preset.model);
    }
    void addKnown(const KnownModel& known) {
        add(option("exact", std::string(known.name) + " as published", known.model, known.note),
            known.model);
        ModelConfig layer = known.model;
        layer.layers = 1;
        add(option("one-layer", "one layer of " + std::string(known.name), layer,
                   "attention and its messages are exactly one layer's; no meaningful loss"),
            layer);
    }
    void addAllKnown() {
        for (const KnownModel& known : knownModels())
            add(option(std::string(known.name), "as published", known.model, known.note),
                known.model);
    }
    const std::vector<DecisionOption>& options() const { return options_; }
    const ModelConfig& model(std::string_view id) const {
        const auto chosen = std::ranges::find(options_, id, &DecisionOption::id);
        return models_[static_cast<std::size_t>(chosen - options_.begin())];
    }

private:
    std::vector<DecisionOption> options_;
    std::vector<ModelConfig> models_;
};

}  // namespace

void settleModel(Draft& draft) {
    KeyVerdict* key = draft.keyOf(Role::Model);
    const KnownModel* known = key != nullptr ? findModel(key->old) : nullptr;
    ModelChoice choice;
    if (known != nullptr) choice.addKnown(*known);
    choice.addPresets();
    if (known == nullptr) choice.addAllKnown();

    const std::string question =
        known != nullptr ? shown(key->old) + " is " + sizesOf(known->model) +
                               "; which sizes should Ringscope train from random weights?"
        : key != nullptr ? shown(key->old) +
                               " is no model whose sizes are known; which sizes "
                               "should Ringscope train?"
                         : "the file names no model; which sizes should Ringscope train?";
    const std::string chosen = draft.decide({.id = "model",
                                             .question = question,
                                             .key = {},
                                             .options = choice.options(),
                                             .defaultOption = known != nullptr ? "exact" : "tiny",
                                             .chosen = {}},
                                            key);
    const std::string preset = draft.config().model.preset;
    draft.config().model = choice.model(chosen);
    const bool isPreset = !draft.config().model.preset.empty();
    if (!isPreset) draft.config().model.preset = preset;
    if (key == nullptr) return;
    key->newPath = isPreset ? "model.preset" : "model";
    key->newValue = isPreset ? chosen : sizesOf(draft.config().model);
    draft.setOrigin(isPreset ? "model.preset" : "model.layers", *key);
}

}  // namespace ringscope
