// Medians over repeats, and whether two of them differ by more than their repeats do.
#pragma once

#include "backend/compare/comparison.h"

#include <optional>
#include <vector>

namespace ringscope {

// Returns nothing for no values. If one value is not a number, the spread is not a number: a failed
// measurement must stay visible.
std::optional<Spread> spreadOf(std::vector<double> values);

// A figure of run_record.h over a run's ranks; returns nothing where no rank has reported.
std::optional<Bytes> measuredBytes(const RunRecord& run, Bytes (*figure)(const RunRecord&));

// Median over median; nothing where the base is missing, zero or not finite.
std::optional<double> medianRatio(const std::optional<Spread>& value,
                                  const std::optional<Spread>& base);

// The smallest and the largest ratio that any pair of repeats gives.
RatioInterval ratioInterval(const Spread& value, const Spread& base);

// Whether `value` is a different speed than `base`, larger being faster.
Speed speedAgainst(const std::optional<Spread>& value, const std::optional<Spread>& base);

// The larger difference of each kind; one that is not a number counts as the largest.
Parity worseParity(const Parity& a, const Parity& b);

}  // namespace ringscope
