// Keys whose part in the old run goes with another key's: what a loss of pairs needs goes with the
// stage, how layers are divided goes with how many ranks divide them.
#include "backend/migration/draft.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

struct Follower {
    std::string_view reason;    // why its keys are dropped
    std::string_view decision;  // that asks about what they belong to
    std::string_view idle{};    // why nothing is lost where that is not asked; empty: it is lost
};
constexpr std::array followers = {
    Follower{noPairs, "stage"},
    Follower{noLearner, "stage"},
    Follower{noSecondModel, "stage"},
    Follower{noFrozenWeights, "weights"},
    Follower{noLayersDivided, "pipeline_parallel",
             "one group of ranks had all layers, so nothing is lost"},
    Follower{noSplitWeights, "tensor_parallel", "no ranks divided weights, so nothing is lost"},
};

}  // namespace

void settleFollowers(Draft& draft) {
    for (KeyVerdict& key : draft.keys) {
        if (key.verdict != Verdict::Dropped || key.use != KeyUse::Needed) continue;
        const auto row = std::ranges::find(followers, key.reason, &Follower::reason);
        if (row == followers.end()) continue;
        const auto asked = std::ranges::find(draft.decisions, row->decision, &Decision::id);
        if (asked == draft.decisions.end()) {
            if (!row->idle.empty()) hold(key, std::string(row->idle));
        } else if (!asked->answered) {
            key.verdict = Verdict::NeedsDecision;
        }
    }
}

}  // namespace ringscope
