// Medians over repeats, and when two of them differ by more than their repeats do.
#pragma once

#include "backend/compare/comparison.h"

#include <optional>
#include <vector>

namespace ringscope {

// Nothing for no values. One value that is not a number makes the whole spread so: a figure that
// could not be measured once must not vanish among those that could.
std::optional<Spread> spreadOf(std::vector<double> values);

// One of run_record.h's figures over a run's ranks; nothing where no rank has reported.
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
