// Settings that name a step which the run does not do. The run trains all the same, and a short
// trial of a long configuration has them, so each is a warning and not a refusal.
#pragma once

#include "backend/config/conflicts.h"

#include <vector>

namespace ringscope {

// Of a configuration without conflicts. Each message says what is not reached, what that changes
// and what to write instead.
std::vector<ConfigConflict> findUnreached(const RunConfig& config);

}  // namespace ringscope
