#include "backend/plan/place_needs.h"

#include "backend/plan/patterns/pattern.h"
#include "backend/plan/row_runs.h"

#include <algorithm>
#include <numeric>

namespace ringscope {
namespace {

using Runs = std::vector<RowRun>;

bool anyMeet(const Runs& queries, const Runs& keys, const AttentionMask& mask) {
    return std::ranges::any_of(queries, [&](const RowRun& some) {
        return std::ranges::any_of(keys,
                                   [&](const RowRun& others) { return meet(some, others, mask); });
    });
}

// Whether a query of one place sees a key of the other, in any branch and head.
bool anyMeet(const Runs& queries, const Runs& keys, const AttentionMask& mask,
             const AttentionPattern& pattern) {
    std::vector<std::int64_t> heads(static_cast<std::size_t>(pattern.shape().kvHeads));
    std::iota(heads.begin(), heads.end(), 0);
    bool found = false;
    for (const RowRun& some : queries) {
        for (const RowRun& others : keys) {
            if (found || apart(some, others, mask)) continue;
            pattern.cut({some, others, heads}, [&](const PatternPiece& piece) {
                found = found || meet(piece.queries, piece.keys, mask);
            });
        }
    }
    return found;
}

}  // namespace

std::shared_ptr<const PlaceNeeds> PlaceNeeds::under(const AttentionMask& mask,
                                                    const ShardLayout& owned,
                                                    const std::vector<RankSet>& places,
                                                    const AttentionPattern* pattern) {
    if (mask.plain() && pattern == nullptr) return nullptr;
    std::vector<Runs> runs;
    for (const RankSet& ranks : places) runs.push_back(runsOf(tokensOf(owned, ranks)));
    const AttentionMask plain{.causal = mask.causal};
    std::shared_ptr<PlaceNeeds> needs(new PlaceNeeds(places.size()));
    bool fewer = false;
    for (std::size_t place = 0; place < places.size(); ++place) {
        for (std::size_t keysOf = 0; keysOf < places.size(); ++keysOf) {
            const bool needed =
                place == keysOf ||
                (pattern == nullptr ? anyMeet(runs[place], runs[keysOf], mask)
                                    : anyMeet(runs[place], runs[keysOf], mask, *pattern));
            needs->needed_[place * places.size() + keysOf] = needed;
            fewer = fewer || (!needed && anyMeet(runs[place], runs[keysOf], plain));
        }
    }
    return fewer ? needs : nullptr;
}

std::shared_ptr<const PlaceNeeds> PlaceNeeds::ofRows(std::size_t places, const SeenRows& seen) {
    std::shared_ptr<PlaceNeeds> needs(new PlaceNeeds(places));
    for (std::size_t place = 0; place < places; ++place) {
        for (std::size_t keysOf = 0; keysOf < places; ++keysOf) {
            Rows rows = place == keysOf ? std::vector<KeyRows>() : seen(place, keysOf);
            const std::size_t index = place * places + keysOf;
            needs->needed_[index] = rows.has_value();
            if (rows && !rows->empty()) needs->rows_[index] = *std::move(rows);
        }
    }
    return needs;
}

}  // namespace ringscope
