// The schedule of every mode, a file each; mode_table.cpp lists them.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/schedule.h"

namespace ringscope {

Result<Schedule> noneSchedule(const AttentionShape& shape);
Result<Schedule> legacySchedule(const AttentionShape& shape);
Result<Schedule> ringSchedule(const AttentionShape& shape);
Result<Schedule> zigzagSchedule(const AttentionShape& shape);
Result<Schedule> stripedSchedule(const AttentionShape& shape);
Result<Schedule> ulyssesSchedule(const AttentionShape& shape);
Result<Schedule> uspSchedule(const AttentionShape& shape);
std::int64_t uspParts(const AttentionShape& shape);
Result<Schedule> llama3Schedule(const AttentionShape& shape);
Result<Schedule> ringAllgatherSchedule(const AttentionShape& shape);
Result<Schedule> doubleRingSchedule(const AttentionShape& shape);
Result<Schedule> dilatedRingSchedule(const AttentionShape& shape);
Result<Schedule> dilatedGatherSchedule(const AttentionShape& shape);
Result<Schedule> neededBlocksSchedule(const AttentionShape& shape);

}  // namespace ringscope
