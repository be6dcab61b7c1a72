// The modes: one row each. A row's name is what config, SQL, CLI and window show.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/schedule.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct Mode {
    std::string_view name;  // "zigzag"
    std::string_view help;  // one sentence: what it does and when it pays
    bool sharded = true;    // false: one rank does it all, whatever parallel.sp says

    // The schedule, or the reason this shape cannot run under this mode, naming what would.
    Result<Schedule> (*schedule)(const AttentionShape& shape);
};

std::span<const Mode> modeTable();
const Mode* findMode(std::string_view name);
std::vector<std::string> modeNames();

}  // namespace ringscope
