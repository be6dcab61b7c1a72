#include "backend/run/step_merge.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

namespace ringscope {
namespace {

bool agree(double a, double b) {
    if (a == b || (std::isnan(a) && std::isnan(b))) return true;
    return std::abs(a - b) <= rankAgreement * std::max(std::abs(a), std::abs(b));
}

Error disagreement(std::int64_t step, std::string_view what, std::size_t rank, double first,
                   double other) {
    return {ErrorCode::Failed,
            fmt::format("the ranks disagree on the {} of step {}: rank 0 has {}, rank {} has {}",
                        what, step, first, rank, other)};
}

}  // namespace

StepMerge::StepMerge(int ranks, std::int64_t first)
    : next_(static_cast<std::size_t>(ranks), first), complete_(first) {}

std::int64_t StepMerge::reportedBy(int rank) const { return next_[static_cast<std::size_t>(rank)]; }

Result<std::optional<StepRecord>> StepMerge::add(const RankStep& report) {
    const auto rank = static_cast<std::size_t>(report.rank);
    if (report.step.step != next_[rank])
        return Error{ErrorCode::Failed,
                     fmt::format("rank {} reported step {} where step {} was due", rank,
                                 report.step.step, next_[rank])};
    const auto at = static_cast<std::size_t>(next_[rank]++ - complete_);
    if (at == open_.size()) open_.emplace_back(next_.size());
    open_[at][rank] = report.step;
    // A rank reports its steps in order, so only the oldest open step can have become complete.
    if (!std::ranges::all_of(open_.front(), &std::optional<StepRecord>::has_value))
        return std::optional<StepRecord>();
    RINGSCOPE_TRY(const StepRecord step, merged(open_.front()));
    open_.pop_front();
    ++complete_;
    return std::optional<StepRecord>(step);
}

Result<StepRecord> StepMerge::merged(const Reports& reports) const {
    StepRecord step = *reports.front();
    for (std::size_t rank = 1; rank < reports.size(); ++rank) {
        const StepRecord& other = *reports[rank];
        if (!agree(step.loss, other.loss))
            return disagreement(step.step, "loss", rank, step.loss, other.loss);
        if (!agree(step.gradNorm, other.gradNorm))
            return disagreement(step.step, "gradient norm", rank, step.gradNorm, other.gradNorm);
        step.duration = std::max(step.duration, other.duration);
    }
    return step;
}

}  // namespace ringscope
