// The rows of queries and keys that a step's blocks need.
#pragma once

#include "backend/plan/schedule.h"

namespace ringscope {

// From the first to the last of all blocks; none where there are no blocks.
TokenSpan queryRows(const Step& step);
TokenSpan keyRows(const Step& step);

}  // namespace ringscope
