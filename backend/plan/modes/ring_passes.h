// The communication every ring-like mode shares: keys and values travel round the ring, in the
// backward pass followed by their gradients. A mode adds which blocks each stop computes.
//
//   forward   step s: hold the keys of place p - s; meanwhile pass them on (the last stop does not)
//   backward  the same, and from step 1 on the gradients of the keys held go on after the step's
//             blocks were added; P - 1 sends bring them home in an extra step, where what own rows
//             add stayed; half of these rows are computed meanwhile
//
// Where no place sees the keys of later ones, keys go on to the last place and no further, and from
// there their gradients go home:
//
//   4 places       keys of 0 at 0 1 2 3, of 1 at 1 2 3, of 2 at 2 3, of 3 at 3
//
// A place is a rank, or a group of ranks that split heads. Places may form rings within a ring, as
// hosts and the ranks on them do: keys go round the inner ring, and meanwhile those they started
// with go to the next inner ring, which needs them one round later.
//
//   2 inner rings of 3, place 0     steps   0  1  2 | 3  4  5
//                                   keys of 0  2  1 | 3  5  4
//
// Where a mask leaves places without a need for others' keys (Schedule::needs), a step's keys come
// from their owner, and their gradients go straight back to it; steps without a need send nothing.
#pragma once

#include "backend/plan/schedule.h"

#include <functional>

namespace ringscope {

// How the ranks of a run make up a ring of places.
struct RingShape {
    int inner = 1;                // places of an inner ring
    int outer = 1;                // inner rings
    int ranksPerPlace = 1;        // that split heads
    bool placesNeighbour = true;  // a place's ranks are neighbours; else a ring's ranks are

    int places() const { return inner * outer; }
    int placeOf(int rank) const { return placesNeighbour ? rank / ranksPerPlace : rank % places(); }
    int memberOf(int rank) const {
        return placesNeighbour ? rank % ranksPerPlace : rank / places();
    }
    RankSet ranksAt(int place) const {
        return placesNeighbour
                   ? RankSet{.first = place * ranksPerPlace, .count = ranksPerPlace}
                   : RankSet{.first = place, .count = ranksPerPlace, .stride = places()};
    }
};

struct RingBlocks {
    // What place `place` computes while it holds the keys of place `keysOf`; rows count in a place.
    std::function<std::vector<Block>(int place, int keysOf)> of;
    bool laterUnseen = false;  // none with the keys of a later place
};

// The blocks of a ring whose places hold one chunk each, or an early and a late one (zigzag), of
// `rows` tokens.
RingBlocks contiguousBlocks(bool causal, std::int64_t rows);
RingBlocks zigzagBlocks(bool causal, std::int64_t rows);

// Both passes of every rank; heads are split over the ranks of a place, with copies of key/value
// heads where there are fewer than ranks.
Schedule ringPasses(const AttentionShape& shape, const RingShape& ring, ShardLayout layout,
                    const RingBlocks& blocks);

}  // namespace ringscope
