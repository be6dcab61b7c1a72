// One configuration under the modes that split a sequence.
#pragma once

#include "backend/plan/mode_table.h"
#include "backend/plan/run_plan.h"
#include "tests/support/covering.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringscope::test {

struct ShardedRuns {
    std::vector<RunConfig> chosen;
    int legal = 0;  // of all modes, on two and on four ranks
};

// Every mode that can run `base`, on two or on four ranks in turn (inTurn). `setting` names base.
inline ShardedRuns shardedRuns(const RunConfig& base, std::string_view setting) {
    ShardedRuns runs;
    std::size_t index = 0;
    for (const Mode& mode : modeTable()) {
        if (!mode.sharded) continue;
        std::vector<RunConfig> legal;
        for (const int ranks : {2, 4}) {
            RunConfig config = base;
            config.parallel.mode = std::string(mode.name);
            config.parallel.sp = ranks;
            if (planRun(config).ok()) legal.push_back(config);
        }
        runs.legal += static_cast<int>(legal.size());
        for (const RunConfig& config : inTurn(legal, setting, index++))
            runs.chosen.push_back(config);
    }
    return runs;
}

}  // namespace ringscope::test
