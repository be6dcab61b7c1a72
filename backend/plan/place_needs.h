// Which places of a ring need whose keys, under a mask or a pattern that hides all keys of some
// places.
//
//   window of 3, ring, 4 ranks x 4 tokens        needs keys of   0  1  2  3
//                                       rank 0                   x
//                                       rank 1                   x  x
//                                       rank 2                      x  x
//                                       rank 3                         x  x
//
// Then no keys go round. A place sends its keys to each place that needs them, and gets their
// gradients back from it: whole shards, or the rows of them that it sees.
#pragma once

#include "backend/plan/key_rows.h"
#include "backend/plan/layout.h"
#include "backend/plan/mask.h"
#include "backend/plan/rank_set.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace ringscope {

class AttentionPattern;

class PlaceNeeds {
public:
    // Null where every place needs the same keys as without window, documents and pattern: then
    // keys go all the way round. `places`: the ranks of each; `pattern` may be null.
    static std::shared_ptr<const PlaceNeeds> under(const AttentionMask& mask,
                                                   const ShardLayout& owned,
                                                   const std::vector<RankSet>& places,
                                                   const AttentionPattern* pattern = nullptr);

    // Of a shard; nothing: none, no rows: all of it.
    using Rows = std::optional<std::vector<KeyRows>>;
    // seen(place, keysOf): what one place sees of another's.
    using SeenRows = std::function<Rows(std::size_t place, std::size_t keysOf)>;
    static std::shared_ptr<const PlaceNeeds> ofRows(std::size_t places, const SeenRows& seen);

    bool needs(int place, int keysOf) const { return needed_[indexOf(place, keysOf)]; }

    Rows rows(int place, int keysOf) const {
        if (!needs(place, keysOf)) return std::nullopt;
        const auto found = rows_.find(indexOf(place, keysOf));
        return found == rows_.end() ? std::vector<KeyRows>() : found->second;
    }

private:
    explicit PlaceNeeds(std::size_t places) : places_(places), needed_(places * places) {}

    std::size_t indexOf(int place, int keysOf) const {
        return static_cast<std::size_t>(place) * places_ + static_cast<std::size_t>(keysOf);
    }

    std::size_t places_;
    std::vector<bool> needed_;
    std::map<std::size_t, std::vector<KeyRows>> rows_{};
};

}  // namespace ringscope
