// The longest sequence that a rank's memory takes, by plan: what each lever of `memory` makes
// possible, one on top of the other, under each mode.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"
#include "backend/core/units.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct LengthLever {
    std::string_view name;
    std::string_view help;
    // Gives `config` the lever as the run asks for it, or where it does not, in its usual form.
    void (*apply)(RunConfig& config, const RunConfig& asked);
};
// In the order in which they are laid on top of each other; the first one is none.
std::span<const LengthLever> lengthLevers();

struct LengthCase {
    std::string mode;
    std::string lever;  // the last one that was laid on top
    RunConfig config{};
};
// One for each lever, and from `sp` on for each mode; before it, all is on one rank. Fails with the
// levers or modes that there are.
Result<std::vector<LengthCase>> lengthCases(const RunConfig& asked,
                                            const std::vector<std::string>& modes,
                                            const std::vector<std::string>& levers);

struct LongestSequence {
    std::int64_t tokens = 0;     // a multiple of the step; 0: none fits
    std::int64_t peakBytes = 0;  // of a rank, predicted
    int ranks = 1;
    std::string endedBy;  // what keeps the next longer one from running
};
// train.seq_len of `config` does not matter. `step` > 0.
LongestSequence longestSequence(const RunConfig& config, Bytes budget, std::int64_t step);

}  // namespace ringscope
