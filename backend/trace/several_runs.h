// Ranks that were put into one folder and are not of one run.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/rank_trace.h"

#include <string>
#include <vector>

namespace ringscope {

struct RankOfFile {
    const RankTrace* rank = nullptr;
    std::string file{};  // its name
};

// Refuses ranks of two runs, naming both. They are of two runs where their files say so, where they
// expect another number of ranks, or where two of another tool are the same rank at times that do
// not overlap. `place` is the folder.
Result<void> requireOneRun(const std::vector<RankOfFile>& ranks, const std::string& place);

// The same of ranks on one clock: no two of them may be much further apart than they last.
Result<void> requireOneTime(const std::vector<RankOfFile>& ranks, const std::string& place);

}  // namespace ringscope
