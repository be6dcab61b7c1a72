#include "kernels/verify/probe.h"

#include "backend/verify/tolerance.h"

#include <algorithm>
#include <tuple>

namespace ringscope {
namespace {

// A change of so many times the rounding of a row's values must show.
constexpr double certain = 64;
constexpr double largestAmount = 4096;  // fp16 ends at 65504

std::int64_t tokenAt(const std::vector<TokenSpan>& tokens, std::int64_t row) {
    for (const TokenSpan& span : tokens) {
        if (row < span.size()) return span.begin + row;
        row -= span.size();
    }
    return tokens.back().end - 1;
}

// (B, S): rows of which any value differs.
at::Tensor changedRows(const at::Tensor& before, const at::Tensor& after) {
    return before.ne(after).flatten(2).any(2);
}

// (S): rows of batch item 0 whose change has to show.
at::Tensor rowsThatMustChange(const AttentionCase& problem, const Disturbance& disturbance,
                              const at::Tensor& weights, const at::Tensor& before) {
    const at::Tensor change = std::get<0>(weights.max(1)).mul(disturbance.amount);
    const at::Tensor size = before.select(0, 0).flatten(1).to(at::kDouble).abs().amax(1);
    return change.gt(size.add_(change).mul_(certain * toleranceOf(problem.type).rounding));
}

std::int64_t countOf(const at::Tensor& rows) { return rows.sum().item<std::int64_t>(); }

}  // namespace

Disturbance probeOf(const AttentionCase& problem, const Schedule& schedule) {
    const std::vector<TokenSpan> tokens = spansBefore(schedule.owned.spansOf(0), problem.tokens);
    const double amount =  // a latent is multiplied by the weights of all its columns
        problem.latent ? 8.0 : std::min(8.0 * static_cast<double>(problem.tokens), largestAmount);
    return {.token = tokenAt(tokens, tokenCount(tokens) / 4), .amount = amount};
}

ProbeVerdict judgeProbe(const AttentionCase& problem, const PatternMask& pattern,
                        const Schedule& schedule, const Disturbance& disturbance,
                        const at::Tensor& weights, const at::Tensor& before,
                        const at::Tensor& after) {
    const at::Tensor changed = changedRows(before, after);
    at::Tensor mayChange = changed.logical_xor(changed);  // no row of any batch item
    const TokenSpan all{0, problem.tokens};
    const TokenSpan one{disturbance.token, disturbance.token + 1};
    mayChange.select(0, 0).copy_(
        visiblePairs(problem, all, one).logical_and_(pattern.anyPairs(all, one)).squeeze(1));
    const at::Tensor must = rowsThatMustChange(problem, disturbance, weights, before);

    ProbeVerdict verdict{.token = disturbance.token};
    verdict.rowsChanged = countOf(changed);
    verdict.rowsLeaked = countOf(changed.logical_and(mayChange.logical_not()));
    verdict.rowsMissed = countOf(must.logical_and(changed.select(0, 0).logical_not()));
    for (int rank = 0; rank < schedule.owned.ranks(); ++rank) {
        const std::vector<TokenSpan> tokens =
            spansBefore(schedule.owned.spansOf(rank), problem.tokens);
        const bool any = std::ranges::any_of(tokens, [&](const TokenSpan& span) {
            return countOf(changed.select(0, 0).narrow(0, span.begin, span.size())) > 0;
        });
        verdict.ranksChanged += any ? 1 : 0;
    }
    return verdict;
}

}  // namespace ringscope
