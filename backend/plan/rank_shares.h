// What a batch gives each rank to do. Documents make ranks unequal whatever the mode, and only the
// batch says how much.
#pragma once

#include "backend/plan/run_plan.h"

#include <cstdint>
#include <vector>

namespace ringscope {

struct RankShare {
    std::int64_t tokens = 0;  // whose loss the rank computes
    std::int64_t labels = 0;  // of them
    std::int64_t pairs = 0;   // of queries and keys in attention, all heads and layers, forward
    RankShare& operator+=(const RankShare& other);
    bool operator==(const RankShare&) const = default;
};

// Of each rank of a replica. `labelled`: of each token of each row, row after row, whether it has a
// label. `documents`: where documents begin in every row, then the end; empty: each row is one.
std::vector<RankShare> rankShares(const RunPlan& plan, const std::vector<bool>& labelled,
                                  const std::vector<std::int64_t>& documents);

// The largest work in attention over the mean of all; 1 where there is none.
double imbalance(const std::vector<RankShare>& shares);

}  // namespace ringscope
