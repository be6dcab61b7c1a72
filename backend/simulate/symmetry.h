// Which ranks do alike. Rank r + period does what rank r does, with peers that are so many ranks
// further, over links of the same level. Then one period of ranks stands for all of them.
//
//   zigzag, 8 ranks on one host        period 1
//   zigzag, 64 ranks, 8 on each host   period 8: one in eight sends to another host
//   ring under a causal mask, 8 ranks  period 8: later ranks have more to do
//   zigzag, 1024 ranks                 about period 8: merges of outputs differ from rank to rank
#pragma once

#include "backend/core/result.h"
#include "backend/simulate/simulator.h"

namespace ringscope {

inline constexpr int mostUnlikeRanks = 1024;

struct Symmetry {
    int period = 1;
    int first = 0;     // of the ranks that are simulated: [first, first + period)
    double apart = 0;  // how much their work differs from that of others, at most: 0.01 is 1 %
};

// The smallest period. Up to 1024 ranks are compared one by one, more by samples. Where more than
// `unlike` ranks differ, but by less than 3 % of their work, those of the middle stand for all.
// Fails where a period would have more than mostUnlikeRanks.
Result<Symmetry> symmetryOf(const StepCosts& costs, int unlike = 128);

SimulatedRanks tapesOf(const StepCosts& costs, const Symmetry& symmetry, const TapeExtent& extent);

}  // namespace ringscope
