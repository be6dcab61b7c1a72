// The schedules of a report's modes, as values: what each rank computes in each step of a forward
// pass.
#pragma once

#include "backend/plan/block_shape.h"
#include "backend/report/markup.h"
#include "backend/report/report.h"

#include <string>
#include <vector>

namespace ringscope::reporting {

struct ScheduleCell {
    std::vector<std::vector<ShapePoint>> filled;  // outlines of what is computed
    std::string words;                            // "rank 1, step 2: 3 blocks"
};

struct ScheduleDrawing {
    std::string label;  // "zigzag on 4 ranks"
    std::string mode;
    std::vector<std::vector<ScheduleCell>> ranks;  // by rank and step
    std::string remark{};                          // where ranks or steps are left out
};

// One for each mode and number of ranks; modes that shard nothing have none.
std::vector<ScheduleDrawing> schedules(const Report& report);

inline constexpr std::string_view scheduleCaption =
    "Down: the queries of a rank. Across: the keys it holds in that step. Filled: what it "
    "computes.";

// Nothing where there are no schedules.
void addSchedules(Markup& page, const Report& report);

}  // namespace ringscope::reporting
