// Which keys a query sees: windows, and the patterns of dilated attention.
#include "backend/config/field_table.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/migration/draft.h"

#include <algorithm>

namespace ringscope {
namespace {

constexpr std::string_view oldLeaks =
    "dilated-attention-pytorch lets causal queries see later tokens, and leaves rows that no "
    "branch covers at 0; losses will differ";

void settleWindow(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::Window);
    if (key == nullptr) return;
    const std::string list = key->old.starts_with('[') ? key->old : "[" + key->old + "]";
    const std::optional<std::vector<double>> sides = parseRealList(list);
    const bool numbers = sides && !sides->empty() && sides->size() <= 2;
    if (!numbers)
        return endanger(*key,
                        "expected the keys to the left and to the right; got '" + key->old + "'");
    if (std::ranges::all_of(*sides, [](double side) { return side < 0; }))
        return hold(*key, "no window: a query sees all keys that the mask allows");
    const Field* left = findField("attention.window");
    const auto text = [](double side) { return std::to_string(static_cast<std::int64_t>(side)); };
    if (sides->front() >= 0) {
        if (const Result<void> set = left->set(draft.config(), text(sides->front())); !set.ok())
            return endanger(*key, set.error().message);
        draft.setOrigin("attention.window", *key);
    }
    const Field* right = findField("attention.window_right");
    if (sides->size() == 2 && sides->back() >= 0 && !draft.config().attention.causal)
        static_cast<void>(right->set(draft.config(), text(sides->back())));
    key->reason = "keys a query sees to its left; every mode computes it over all ranks";
}

// Sets a list of whole numbers. Returns whether it could be set.
bool setList(Draft& draft, Role role) {
    KeyVerdict* const key = draft.keyOf(role);
    if (key == nullptr) return false;
    draft.setField(static_cast<std::size_t>(key - draft.keys.data()));
    if (key->verdict == Verdict::Dangerous) return false;
    key->reason = role == Role::Segments ? "a branch's segment of so many tokens"
                                         : "a branch takes every so many rows of its segments";
    return true;
}

// A preset's lists stand in the old package alone. Returns whether there are lists now.
bool settlePreset(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::RingPreset);
    if (key == nullptr) return false;
    if (draft.keyOf(Role::Segments) != nullptr) {
        hold(*key, "its segments and rates are given");
        return false;
    }
    const std::string chosen = draft.decide(
        {.id = "preset",
         .question = "the preset " + shown(key->old) +
                     " has segments and rates of its own, which are not in this file; which keys "
                     "should a query see?",
         .key = {},
         .options = {{"dilated", "segments [2048, 4096] at rates [1, 2]",
                      "as in the old package's guide; most rows see a part of the keys"},
                     {"full", "all keys that the mask allows",
                      "more work, and the result of full attention"}},
         .defaultOption = "dilated",
         .chosen = {}},
        key);
    if (chosen != "dilated") return false;
    const bool set =
        findField("attention.pattern.segments")->set(draft.config(), "[2048, 4096]").ok() &&
        findField("attention.pattern.rates")->set(draft.config(), "[1, 2]").ok();
    key->newPath = "attention.pattern.segments";
    draft.setOrigin("attention.pattern.segments", *key);
    draft.setOrigin("attention.pattern.rates", *key);
    return set;
}

void settlePattern(Draft& draft) {
    KeyVerdict* const call = draft.keyOf(Role::DilatedCall);
    const bool preset = settlePreset(draft);
    const bool lists = setList(draft, Role::Segments);
    const bool both = (setList(draft, Role::Rates) && lists) || preset;
    if (call != nullptr) endanger(*call, std::string(oldLeaks));
    if (!both) return;
    draft.config().attention.pattern.kind = PatternKind::Dilated;
    if (call != nullptr) {
        call->newPath = "attention.pattern.kind";
        draft.setOrigin("attention.pattern.kind", *call);
    }
}

void settleCallDropout(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::CallDropout);
    if (key == nullptr) return;
    const std::string reason = key->reason;
    if (realOf(draft, Role::CallDropout) == 0.0) return hold(*key, "0, so nothing is dropped");
    draft.setField(static_cast<std::size_t>(key - draft.keys.data()));
    if (key->verdict != Verdict::Dangerous) endanger(*key, reason + "; Ringscope does");
}

}  // namespace

void settleAttention(Draft& draft) {
    settleWindow(draft);
    settlePattern(draft);
    settleCallDropout(draft);
}

}  // namespace ringscope
