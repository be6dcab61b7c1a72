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

    // How many parts of equal length the sequence is cut into.
    std::int64_t (*parts)(const AttentionShape& shape);

    // The schedule, or the reason this shape cannot run under this mode, naming what would. Its
    // length must be one that paddedTokens() returns.
    Result<Schedule> (*schedule)(const AttentionShape& shape);
};

std::span<const Mode> modeTable();
const Mode* findMode(std::string_view name);
std::vector<std::string> modeNames();

// The tokens of `shape`, and as many behind them as the mode's parts need to be of equal length.
std::int64_t paddedTokens(const Mode& mode, const AttentionShape& shape);

}  // namespace ringscope
