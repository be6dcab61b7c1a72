#include "backend/plan/place_needs.h"

#include "backend/plan/row_runs.h"

#include <algorithm>

namespace ringscope {
namespace {

using Runs = std::vector<RowRun>;

bool anyMeet(const Runs& queries, const Runs& keys, const AttentionMask& mask) {
    return std::ranges::any_of(queries, [&](const RowRun& some) {
        return std::ranges::any_of(keys,
                                   [&](const RowRun& others) { return meet(some, others, mask); });
    });
}

}  // namespace

std::shared_ptr<const PlaceNeeds> PlaceNeeds::under(const AttentionMask& mask,
                                                    const ShardLayout& owned,
                                                    const std::vector<RankSet>& places) {
    if (mask.plain()) return nullptr;
    std::vector<Runs> runs;
    for (const RankSet& ranks : places) runs.push_back(runsOf(tokensOf(owned, ranks)));
    const AttentionMask plain{.causal = mask.causal};
    std::shared_ptr<PlaceNeeds> needs(new PlaceNeeds(places.size()));
    bool fewer = false;
    for (std::size_t place = 0; place < places.size(); ++place) {
        for (std::size_t keysOf = 0; keysOf < places.size(); ++keysOf) {
            const bool needed = anyMeet(runs[place], runs[keysOf], mask);
            needs->needed_[place * places.size() + keysOf] = needed;
            fewer = fewer || (!needed && anyMeet(runs[place], runs[keysOf], plain));
        }
    }
    return fewer ? needs : nullptr;
}

}  // namespace ringscope
