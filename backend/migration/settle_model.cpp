#include "backend/config/field_table.h"
#include "backend/config/value_text.h"
#include "backend/core/plain_text.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/migration/draft.h"
#include "backend/migration/model_names.h"
#include "backend/model/model_folder.h"
#include "backend/model/parameter_list.h"
#include "backend/plan/run_plan.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace ringscope {
namespace {

std::string sizesOf(const ModelConfig& model) {
    return formatCount(model.layers) + (model.layers == 1 ? " layer" : " layers") + ", hidden " +
           formatCount(model.hiddenSize) + ", " + formatCount(model.heads) + " heads, " +
           formatCount(model.kvHeads) + " key/value heads, ffn " + formatCount(model.ffnSize) +
           ", vocabulary " + formatCount(model.vocabSize);
}

// Weights, gradients and AdamW's two moments, four bytes each, before ranks divide them.
std::string costOf(const ModelConfig& model) {
    const std::int64_t parameters = parameterCount(model).value_or(0);
    return formatCount(parameters) + " parameters: weights, gradients and AdamW's state are " +
           formatBytes({16 * parameters}) + " before ranks divide them";
}

// "Some-32B-Chat" -> 32e9; 0 where the name has no such number.
double sizeInName(std::string_view name) {
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] < '0' || name[i] > '9' ||
            (i > 0 &&
             (name[i - 1] == '.' || std::isalnum(static_cast<unsigned char>(name[i - 1])) != 0)))
            continue;
        std::size_t end = i;
        while (end < name.size() && ((name[end] >= '0' && name[end] <= '9') || name[end] == '.'))
            ++end;
        const bool billions = end < name.size() && (name[end] == 'b' || name[end] == 'B') &&
                              (end + 1 == name.size() ||
                               std::isalnum(static_cast<unsigned char>(name[end + 1])) == 0);
        if (billions) return parseReal(name.substr(i, end - i)).value_or(0) * 1e9;
    }
    return 0;
}

// The known model whose size is nearest to the one that the name says; null where it says none.
const KnownModel* nearestKnown(std::string_view name) {
    const double wanted = sizeInName(name);
    const KnownModel* nearest = nullptr;
    double least = 0;
    if (!(wanted > 0)) return nullptr;
    for (const KnownModel& known : knownModels()) {
        const auto size = static_cast<double>(parameterCount(known.model).value_or(1));
        const double distance = std::abs(std::log(size / wanted));
        if (nearest == nullptr || distance < least) {
            nearest = &known;
            least = distance;
        }
    }
    return nearest;
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
        if (std::ranges::find(options_, option.id, &DecisionOption::id) != options_.end()) return;
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

// A family and sizes in two keys: "llama3" and "8B".
std::string modelName(Draft& draft, const KeyVerdict& key) {
    std::string name = draft.valueOf(key);
    if (KeyVerdict* const sizes = draft.keyOf(Role::ModelSizes)) {
        sizes->newPath.clear();
        hold(*sizes, "belongs to " + key.path + ", whose decision is about both");
        name += " " + draft.valueOf(*sizes);
    }
    return name;
}

bool setText(Draft& draft, std::string_view path, const std::string& text, const KeyVerdict& key) {
    if (!findField(path)->set(draft.config(), text).ok()) return false;
    draft.setOrigin(path, key);
    return true;
}

void settleNormAndPosition(Draft& draft) {
    if (KeyVerdict* const key = draft.keyOf(Role::Norm)) {
        const bool rms = toLower(key->old).find("rms") != std::string::npos;
        key->reason = "how activations are normalised";
        setText(draft, "model.norm", rms ? "rms" : "layer", *key);
    }
    KeyVerdict* const key = draft.keyOf(Role::Position);
    if (key == nullptr) return;
    const std::string word = toLower(key->old);
    key->reason = "how tokens know their positions";
    if (word == "none")
        setText(draft, "model.position", "none", *key);
    else if (word.starts_with("rope") || word == "yarn")
        setText(draft, "model.position", "rope", *key);
    else if (word.starts_with("learned")) {
        setText(draft, "model.position", "learned", *key);
        const std::int64_t tokens =
            draft.integerOf(Role::SeqLen).value_or(draft.config().train.seqLen);
        draft.config().model.positions = std::max<std::int64_t>(tokens, 1);
    } else
        endanger(*key, "no known kind of positions; model.position is rope instead");
}

void settleSwitches(Draft& draft) {
    struct Row {
        Role role;
        std::string_view path;
        std::string_view on;
        std::string_view reason;
    };
    if (const std::optional<bool> tied = readSwitch(draft, Role::TiedHead)) {
        KeyVerdict& key = *draft.keyOf(Role::TiedHead);
        key.reason = *tied ? "the output projection is the embedding's weight"
                           : "the output projection has a weight of its own";
        setText(draft, "model.tied_head", *tied ? "true" : "false", key);
    }
    if (const std::optional<bool> bias = readSwitch(draft, Role::HasBias)) {
        KeyVerdict& key = *draft.keyOf(Role::HasBias);
        key.reason = *bias ? "projections have a bias" : "projections have no bias";
        setText(draft, "model.ffn_bias", *bias ? "true" : "false", key);
    }
    if (KeyVerdict* const form = draft.keyOf(Role::FfnForm)) {
        std::string word = toLower(draft.valueOf(*form));
        if (word.starts_with("fast-")) word = word.substr(5);
        form->reason = "the feed-forward layer's form";
        if (!setText(draft, "model.ffn", word, *form))
            endanger(*form, "no known form of a feed-forward layer; model.ffn is " +
                                std::string(nameOf(draft.config().model.ffn)) + " instead");
    }
    constexpr Row rows[] = {
        {Role::UntiedHead, "model.tied_head", "false",
         "the output projection has a weight of its own"},
        {Role::LinearBias, "model.ffn_bias", "false", "projections have no bias"},
        {Role::Swiglu, "model.ffn", "swiglu", "the feed-forward layer's form"},
        {Role::QkNorm, "model.qk_norm", "head", "each head of queries and keys is normalised"},
    };
    for (const Row& row : rows) {
        if (!isOn(draft, row.role)) continue;
        KeyVerdict& key = *draft.keyOf(row.role);
        key.reason = row.reason;
        setText(draft, row.path, std::string(row.on), key);
    }
}

// Whether the folder that a run loads is the one it saves to.
bool isSavedTo(const Draft& draft, const KeyVerdict& load) {
    return load.path.ends_with("load") &&
           std::ranges::any_of(draft.keys, [&](const KeyVerdict& key) {
               return key.path.ends_with("save") && key.old == load.old;
           });
}

// Sizes that the file gives by hand. What it leaves out is as Megatron-LM has it.
void settleSizes(Draft& draft) {
    ModelConfig& model = draft.config().model;
    model.kvHeads = model.heads;
    KeyVerdict* const groups = draft.keyOf(Role::HeadGroups);
    KeyVerdict* const grouped = draft.keyOf(Role::GroupedHeads);
    const bool counts = grouped == nullptr || draft.switchOf(Role::GroupedHeads).value_or(true);
    if (grouped != nullptr) hold(*grouped, "model.kv_heads says it");
    if (groups != nullptr && groups->path.ends_with("num_grouped_query_heads"))
        if (const auto shared = draft.integerOf(Role::HeadGroups); shared && *shared > 0)
            draft.setValue(static_cast<std::size_t>(groups - draft.keys.data()),
                           std::to_string(model.heads / *shared));
    if (groups != nullptr && counts)
        draft.setField(static_cast<std::size_t>(groups - draft.keys.data()));
    else if (groups != nullptr)
        hold(*groups, "without group_query_attention every query head has its own keys");
    if (groups != nullptr && groups->reason.empty()) groups->reason = "key and value heads";
    const std::string* const form = draft.textOf(Role::FfnForm);
    const bool gated = draft.switchOf(Role::Swiglu).value_or(false) ||
                       (form != nullptr && form->find("glu") != std::string::npos);
    model.ffnSize = gated ? 4 * model.hiddenSize * 2 / 3 / 64 * 64 : 4 * model.hiddenSize;
    model.ffnSize = std::max<std::int64_t>(model.ffnSize, 1);
    if (!gated && draft.keyOf(Role::FfnSize) != nullptr) model.ffn = FeedForwardKind::Gelu;
    if (KeyVerdict* const ffn = draft.keyOf(Role::FfnSize)) {
        draft.setField(static_cast<std::size_t>(ffn - draft.keys.data()));
        if (ffn->reason.empty()) ffn->reason = "inner width of the feed-forward layer";
    }
    if (model.experts.count > 0 && model.experts.size == 0) model.experts.size = model.ffnSize;
    settleSwitches(draft);
    settleNormAndPosition(draft);
    KeyVerdict* const key = draft.keyOf(Role::Model);
    if (key != nullptr && isSavedTo(draft, *key))
        hold(*key, "the run's own checkpoints: `ringscope run --resume` goes on from them");
    else if (key != nullptr)
        drop(*key,
             "weights are not read: the sizes are given, and model.from names a folder; a run "
             "starts from random weights");
}

// The checkpoint that was found for the model's name.
bool addFound(Draft& draft, const KeyVerdict& key, ModelChoice& choice) {
    const auto found = draft.input().models.find(key.old);
    if (found == draft.input().models.end()) return false;
    const Result<ModelDescription> description = readModelFolder(found->second);
    if (!description.ok()) {
        draft.notes.push_back(description.error().message);
        return false;
    }
    ModelConfig model = description->model;
    model.from = found->second;
    choice.add(option("found", "the checkpoint in " + found->second, model,
                      "its weights are read, and its tokenizer where it has one"),
               model);
    return true;
}

// A factor that stands in the file needs no question. Returns whether it does.
bool settleRopeFactor(Draft& draft, RopeScaling scaling) {
    KeyVerdict* const factor = draft.keyOf(Role::RopeFactor);
    const std::optional<double> times = realOf(draft, Role::RopeFactor);
    if (factor == nullptr || !times || !(*times >= 1)) return false;
    RopeConfig& rope = draft.config().model.rope;
    rope.scaling = scaling;
    rope.factor = *times;
    factor->reason = "how much longer sequences are than those the model was first trained for";
    draft.setOrigin("model.rope_factor", *factor);
    const std::int64_t tokens = draft.integerOf(Role::SeqLen).value_or(draft.config().train.seqLen);
    rope.originalLength =
        std::max<std::int64_t>(static_cast<std::int64_t>(static_cast<double>(tokens) / *times), 1);
    if (KeyVerdict* const first = draft.keyOf(Role::RopeOriginal)) {
        rope.originalLength = draft.integerOf(Role::RopeOriginal).value_or(rope.originalLength);
        first->reason = "tokens that the model was first trained for";
        draft.setOrigin("model.rope_original_length", *first);
    }
    return true;
}

// Longer sequences than the model was first trained for: the files say how, seldom how much longer.
void settleRopeScaling(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::RopeScaling);
    if (key == nullptr) return;
    const std::string word = toLower(draft.valueOf(*key));
    if (word == "none" || word == "false") return hold(*key, "angles as the model has them");
    RopeConfig& rope = draft.config().model.rope;
    constexpr std::array words = {RopeScaling::Linear, RopeScaling::Dynamic, RopeScaling::Yarn,
                                  RopeScaling::Llama3};
    const auto named =
        std::ranges::find_if(words, [&](RopeScaling way) { return nameOf(way) == word; });
    if (named == words.end())
        return endanger(*key, "no known scaling of angles; model.rope_scaling is " +
                                  std::string(nameOf(rope.scaling)) + " instead");
    key->newPath = "model.rope_scaling";
    draft.setOrigin("model.rope_scaling", *key);
    if (settleRopeFactor(draft, *named)) {
        key->reason = "how rotary positions are fitted to longer sequences";
        return;
    }
    std::vector<DecisionOption> options;
    for (const std::string_view factor : {"4", "2", "8"})
        options.push_back({std::string(factor), "model.rope_factor " + std::string(factor),
                           "angles for sequences " + std::string(factor) +
                               " times as long as the model was first trained for"});
    options.push_back({"none", "as the model has them",
                       "beyond the model's own length losses differ from the old runs'"});
    const std::string chosen = draft.decide(
        {.id = "rope",
         .question = shown(key->old) +
                     " fits rotary positions to longer sequences; how much longer than those that "
                     "the model was first trained for are the runs' sequences?",
         .key = {},
         .options = std::move(options),
         .defaultOption = "4",
         .chosen = {}},
        key);
    const std::optional<std::int64_t> factor = parseInteger(chosen);
    if (!factor) return;
    const std::int64_t tokens = draft.integerOf(Role::SeqLen).value_or(draft.config().train.seqLen);
    rope.scaling = *named;
    rope.factor = static_cast<double>(*factor);
    rope.originalLength = std::max<std::int64_t>(tokens / *factor, 1);
}

void settleOverrides(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::ConfigOverrides);
    if (key == nullptr) return;
    for (const std::string& setting : split(draft.valueOf(*key), ',')) {
        const std::size_t equals = std::min(setting.find('='), setting.size());
        const std::optional<double> value =
            parseReal(setting.substr(std::min(equals + 1, setting.size())));
        if (trim(setting.substr(0, equals)) != "rope_theta" || !value || !(*value > 0))
            return endanger(*key, "changes the model by " + shown(setting) +
                                      ", which is left out; set the field of `model:` that it is");
        draft.config().model.rope.theta = *value;
        key->newPath = "model.rope_theta";
        key->newValue = formatReal(*value);
        key->reason = "base of the rotary position frequencies";
        draft.setOrigin("model.rope_theta", *key);
    }
}

void chooseModel(Draft& draft) {
    const bool sized = draft.hasOrigin("model.hidden_size") && draft.hasOrigin("model.heads");
    if (sized) return settleSizes(draft);
    KeyVerdict* key = draft.keyOf(Role::Model);
    const std::string name = key != nullptr ? modelName(draft, *key) : "";
    const KnownModel* known = key != nullptr ? findModel(name) : nullptr;
    const KnownModel* near = known == nullptr ? nearestKnown(name) : nullptr;
    ModelChoice choice;
    const bool found = key != nullptr && addFound(draft, *key, choice);
    if (known != nullptr) choice.addKnown(*known);
    choice.addPresets();
    if (known == nullptr) choice.addAllKnown();

    const std::string question =
        found ? shown(key->old) + " was found; should its weights be trained, or random ones?"
        : known != nullptr ? shown(name) + " is " + sizesOf(known->model) +
                                 "; which sizes should Ringscope train from random weights?"
        : key != nullptr
            ? shown(name) +
                  " is no model whose sizes are known; which sizes should Ringscope train?" +
                  (near != nullptr ? " " + std::string(near->name) + " is nearest by its name."
                                   : "")
            : "the file names no model; which sizes should Ringscope train?";
    const std::string chosen =
        draft.decide({.id = "model",
                      .question = question,
                      .key = {},
                      .options = choice.options(),
                      .defaultOption = found              ? "found"
                                       : known != nullptr ? "exact"
                                       : near != nullptr  ? std::string(near->name)
                                                          : "tiny",
                      .chosen = {}},
                     key);
    const std::string preset = draft.config().model.preset;
    draft.config().model = choice.model(chosen);
    const bool isPreset = !draft.config().model.preset.empty() && !draft.config().model.from;
    if (!isPreset) draft.config().model.preset = preset;
    settleRopeScaling(draft);
    if (key == nullptr) return;
    key->newPath = isPreset ? "model.preset" : draft.config().model.from ? "model.from" : "model";
    key->newValue = isPreset ? chosen : sizesOf(draft.config().model);
    draft.setOrigin(isPreset ? "model.preset" : "model.layers", *key);
    if (KeyVerdict* const theta = draft.keyOf(Role::RopeTheta)) {
        draft.config().model.rope.theta =
            realOf(draft, Role::RopeTheta).value_or(draft.config().model.rope.theta);
        theta->verdict = Verdict::Renamed;
        theta->reason = "base of the rotary position frequencies";
        draft.setOrigin("model.rope_theta", *theta);
    }
}

}  // namespace

void settleModel(Draft& draft) {
    chooseModel(draft);
    settleOverrides(draft);
}

}  // namespace ringscope
