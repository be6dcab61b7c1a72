// What a run sends in each pass of attention.
#pragma once

#include "backend/plan/run_plan.h"

#include <cstdint>

namespace ringscope {

struct PassBytes {
    std::int64_t forward = 0;
    std::int64_t backward = 0;

    std::int64_t sum() const { return forward + backward; }
};

// Sent by the rank that sends most, in one layer of the kind that sends most.
PassBytes passBytes(const RunPlan& plan);

}  // namespace ringscope
