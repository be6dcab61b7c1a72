// What every rank of a schedule does, in rank order.
#pragma once

#include "backend/plan/schedule.h"

#include <vector>

namespace ringscope::test {

inline std::vector<RankSchedule> allRanks(const Schedule& schedule) {
    std::vector<RankSchedule> ranks;
    for (int rank = 0; rank < schedule.ranks; ++rank) ranks.push_back(stepsOf(schedule, rank));
    return ranks;
}

}  // namespace ringscope::test
