// dilated-ring: a ring for each branch of a dilated pattern, over the ranks that share a segment.
// Nobody ever holds more keys than a ring does.
//
// Without a dilated pattern there is one branch of all keys: a ring.
#include "backend/plan/modes/modes.h"
#include "backend/plan/modes/packed_branches.h"

namespace ringscope {

Result<Schedule> dilatedRingSchedule(const AttentionShape& shape) {
    if (shape.pattern == nullptr) return ringSchedule(shape);
    return packedBranches("dilated-ring", shape, ringSchedule);
}

}  // namespace ringscope
