// What trains: all weights, or an adapter beside them.
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/migration/draft.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

constexpr std::array adapterRoles = {Role::LoraRank, Role::LoraAlpha, Role::LoraDropout,
                                     Role::LoraTargets};
constexpr std::string_view withoutAdapter = "no adapter is trained, so nothing is lost";

// What the stacks take where a file has no key for it.
constexpr std::int64_t usualRank = 8;

// "lora", "qlora", or another word; empty where all weights are trained.
std::string adapterWord(Draft& draft) {
    const std::string* text = draft.textOf(Role::Finetuning);
    if (text == nullptr) return {};
    std::string word = toLower(*text);
    if (word == "call") word = "lora";  // LoraConfig(…)
    const std::optional<bool> on = parseSwitch(word);
    if (on) return *on ? "lora" : "";
    return word == "full" || word == "none" || word == "null" ? "" : word;
}

bool isQuantised(Draft& draft) {
    return draft.integerOf(Role::LoadBits) == 4 || draft.switchOf(Role::Load4bit).value_or(false);
}

// Of an adapter that Ringscope does not train: all weights are trained, or none.
void decideWeights(Draft& draft, KeyVerdict& key, const std::string& type) {
    key.newPath.clear();
    const std::string chosen = draft.decide(
        {.id = "weights",
         .question =
             "Ringscope trains all weights, not only those of " + type + "; should they move?",
         .key = {},
         .options = {{"train", "train all weights",
                      "gradients and optimizer states of all weights are held and summed: more "
                      "memory and traffic than " +
                          type + ", and other losses"},
                     {"freeze", "learning rate 0",
                      "the same work is measured, and the weights stay as they are"}},
         .defaultOption = "train",
         .chosen = {}},
        &key);
    if (chosen != "freeze") return;
    draft.config().train.lr = 0.0;
    key.newPath = "train.lr";
}

void dropRoles(Draft& draft, const std::string& reason, bool lost) {
    for (const Role role : adapterRoles)
        if (KeyVerdict* key = draft.keyOf(role)) lost ? drop(*key, reason) : hold(*key, reason);
}

void settleLoad(Draft& draft, bool adapter) {
    for (const Role role : {Role::LoadBits, Role::Load8bit, Role::Load4bit}) {
        KeyVerdict* key = draft.keyOf(role);
        if (key == nullptr) continue;
        const bool off = draft.switchOf(role) == std::optional(false);
        if (off)
            hold(*key, "off, so nothing is lost");
        else if (adapter && isQuantised(draft) && role != Role::Load8bit)
            key->reason = "weights that do not train are kept in 4 bits";
        else
            drop(*key, std::string(wholeWeights));
    }
}

void setAdapterField(Draft& draft, Role role, const std::string& reason) {
    KeyVerdict* key = draft.keyOf(role);
    if (key == nullptr) return;
    draft.setField(static_cast<std::size_t>(key - draft.keys.data()));
    if (key->verdict != Verdict::Dangerous) key->reason = reason;
}

// "all", "q_proj,v_proj" or a list
void settleTargets(Draft& draft) {
    KeyVerdict* key = draft.keyOf(Role::LoraTargets);
    if (key == nullptr) return;
    const std::string word = toLower(key->old);
    if (word == "all" || word == "all-linear" || word == "all_linear" || word == "[all-linear]")
        return hold(*key,
                    "adapter.targets without a name means all linear layers of a layer; of a model "
                    "with experts, those of attention: name the experts' for them, too");
    const std::string list = key->old.starts_with('[') ? key->old : "[" + key->old + "]";
    draft.setValue(static_cast<std::size_t>(key - draft.keys.data()), list);
    draft.setField(static_cast<std::size_t>(key - draft.keys.data()));
    if (key->verdict == Verdict::Dangerous)
        key->reason += "; all linear layers of a layer have one";
    else
        key->reason = "kinds of linear layers that have one";
}

void settleLora(Draft& draft) {
    KeyVerdict* key = draft.keyOf(Role::Finetuning);
    const bool quantised = isQuantised(draft) || adapterWord(draft) == "qlora";
    AdapterConfig& adapter = draft.config().adapter;
    adapter.kind = quantised ? AdapterKind::Qlora : AdapterKind::Lora;
    key->newPath = "adapter.kind";
    key->verdict = Verdict::Converted;
    key->reason = quantised
                      ? "a product of two matrices beside each layer, whose weights are in 4 bits"
                      : "a product of two matrices beside each layer, whose weights stay";
    draft.setOrigin("adapter.kind", *key);
    adapter.rank = usualRank;
    setAdapterField(draft, Role::LoraRank, "columns of the two matrices");
    adapter.alpha = 2.0 * static_cast<double>(adapter.rank);
    setAdapterField(draft, Role::LoraAlpha, "the product is scaled by alpha / rank");
    setAdapterField(draft, Role::LoraDropout, "share of an adapter's inputs that are dropped");
    settleTargets(draft);
}

}  // namespace

void settleAdapter(Draft& draft) {
    KeyVerdict* key = draft.keyOf(Role::Finetuning);
    const std::string word = adapterWord(draft);
    const bool adapter = word == "lora" || word == "qlora";
    if (word.empty()) {
        if (key != nullptr) hold(*key, "all weights are trained here, too");
        dropRoles(draft, std::string(withoutAdapter), false);
    } else if (adapter) {
        settleLora(draft);
    } else {
        decideWeights(draft, *key, word);
        dropRoles(draft, "follows from decision weights: no adapter is trained", true);
    }
    settleLoad(draft, adapter);
}

}  // namespace ringscope
