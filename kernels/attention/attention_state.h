// What an Attention holds.
#pragma once

#include "kernels/attention/executor_table.h"

namespace ringscope {

struct Attention::State {
    const ExecutorRow& executor;
    RankSchedule steps;
    Group& group;
    std::optional<double> scale;

    RankPart part() const { return {steps, group, scale}; }
};

}  // namespace ringscope
