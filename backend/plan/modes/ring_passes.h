// The communication of all ring-like modes: keys and values travel round the ring, in the backward
// pass followed by their gradients. A mode adds the blocks that each place computes.
//
//   forward   step s: place p holds the keys of place p - s, and sends them on meanwhile; in the
//             last step it does not
//   backward  the same; from step 1 on, the gradients of the keys held are sent on after the step's
//             blocks were added to them. After P - 1 sends they are home, in an extra step that
//             adds the part of the place's own queries. Half of that part is computed meanwhile
//
// Where no place sees the keys of later places, keys travel up to the last place, and their
// gradients go home from there:
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
// Latents of keys and values travel where the shape has them and a place is one rank; ranks that
// split heads need them expanded.
//
// Where tokens choose blocks of keys (Schedule::summedBlocks), the sums of keys over the blocks are
// all-gathered before the first step.
//
// Under Schedule::needs, the keys of a step come straight from the place that owns them, and their
// gradients go straight back to it. Nothing is sent in a step whose keys are not needed. With
// Schedule::seenRows that is so under every mask, and `needs` says which rows are sent.
#pragma once

#include "backend/plan/schedule.h"

#include <functional>

namespace ringscope {

// How the ranks of a run make up a ring of places.
struct RingShape {
    int inner = 1;                // places of an inner ring
    int outer = 1;                // inner rings
    int ranksPerPlace = 1;        // that split heads
    bool placesNeighbour = true;  // a place's ranks are neighbours; false: a ring's ranks are

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
    // Those of all places with the same heads as `rank`; empty: all ranks.
    RankSet sameHeadsAs(int rank) const {
        if (ranksPerPlace == 1) return {};
        return {.first = ranksAt(0).at(memberOf(rank)),
                .count = places(),
                .stride = placesNeighbour ? ranksPerPlace : 1};
    }
};

struct RingBlocks {
    // The blocks of place `place` with the keys of place `keysOf`; rows count within a place.
    std::function<std::vector<Block>(int place, int keysOf)> of;
    bool laterUnseen = false;  // there are none with the keys of a later place
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
