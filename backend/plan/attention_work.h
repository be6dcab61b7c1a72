// What attention computes.
#pragma once

#include "backend/plan/run_plan.h"

namespace ringscope {

// Pairs of one sequence that masks and attention.pattern let through, as seenPairs() counts them,
// added over layers; of native sparse attention those of all its branches.
double seenPairsOfLayers(const RunPlan& plan);

// FLOPs of the forward pass of all layers for one batch, 2 for each multiply-add, of the pairs that
// are seen.
double attentionFlops(const RunPlan& plan);

// The share of the pairs that masks grant which attention.pattern lets through, in the mean of
// heads and layers; 1 without a pattern. A pair that two branches show counts twice, and
// a compressed block is one key.
double coverage(const RunPlan& plan);

}  // namespace ringscope
