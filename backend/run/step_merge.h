// Merges the ranks' reports of a step: the loss that all agree on, the duration of the slowest.
#pragma once

#include "backend/core/result.h"
#include "backend/run/protocol.h"
#include "backend/run/run_record.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace ringscope {

// Every rank knows the same loss and gradient norm after a step. Ranks with a larger relative
// difference than this no longer train the same model.
inline constexpr double rankAgreement = 1e-6;

class StepMerge {
public:
    // `first`: the step that is due first.
    explicit StepMerge(int ranks, std::int64_t first = 0);

    // Returns the step when this report was its last. Fails where the rank skips or repeats a step,
    // or disagrees with the others.
    Result<std::optional<StepRecord>> add(const RankStep& report);

    std::int64_t reportedBy(int rank) const;  // the step that is due of it
    std::int64_t complete() const { return complete_; }

private:
    using Reports = std::vector<std::optional<StepRecord>>;  // of one step, by rank

    Result<StepRecord> merged(const Reports& reports) const;

    std::vector<std::int64_t> next_;  // by rank
    std::deque<Reports> open_;        // of steps complete_, complete_ + 1, …
    std::int64_t complete_ = 0;
};

}  // namespace ringscope
