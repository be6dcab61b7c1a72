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

void settlePattern(Draft& draft) {
    KeyVerdict* const call = draft.keyOf(Role::DilatedCall);
    const bool lists = setList(draft, Role::Segments);
    const bool both = setList(draft, Role::Rates) && lists;
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
