#include "backend/verify/judge.h"

#include "backend/verify/tolerance.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ringscope {
namespace {

constexpr double allowance = 2.5;  // times the unsharded kernel's error
constexpr std::int64_t leastTokens = 32;
constexpr std::int64_t mostSlices = 64;
// Where a reference is nearly zero, its rounding still is that of the values it came from, whose
// size is about 1.
constexpr double leastSize = 1.0 / 64;
constexpr double infinity = std::numeric_limits<double>::infinity();

double errorOf(double reference, double value) {
    if (reference == value) return 0;
    const double error = std::abs(value - reference);
    return std::isfinite(error) ? error : infinity;
}

double rootMean(double sum, std::int64_t count) {
    return count == 0 ? 0 : std::sqrt(sum / static_cast<double>(count));
}

// The unsharded kernel's error counts up to what its number type explains.
double allowedError(double unsharded, double size, const Tolerance& type) {
    return allowance * std::min(unsharded, type.ceiling * size) + type.floor * size;
}

}  // namespace

ErrorMeter::ErrorMeter(std::int64_t tokens)
    : tokens_(std::max<std::int64_t>(tokens, 1)),
      sums_(
          static_cast<std::size_t>(std::clamp<std::int64_t>(tokens / leastTokens, 1, mostSlices))) {
}

void ErrorMeter::add(const Rows& rows, const double* reference, const double* value) {
    const auto slices = static_cast<std::int64_t>(sums_.size());
    for (std::int64_t row = 0; row < rows.tokens; ++row) {
        Sums& sums = sums_[static_cast<std::size_t>((rows.firstToken + row) * slices / tokens_)];
        for (std::size_t i = 0; i < rows.width; ++i) {
            const double expected = *reference++;
            const double error = errorOf(expected, *value++);
            largest_ = std::max(largest_, error);
            sums.errors += error * error;
            if (std::isfinite(expected)) {
                magnitude_ = std::max(magnitude_, std::abs(expected));
                sums.references += expected * expected;
            }
        }
        sums.count += static_cast<std::int64_t>(rows.width);
    }
}

std::vector<ErrorMeter::Slice> ErrorMeter::slices() const {
    const auto count = static_cast<std::int64_t>(sums_.size());
    const auto begins = [&](std::int64_t slice) { return (slice * tokens_ + count - 1) / count; };
    std::vector<Slice> slices;
    for (std::int64_t slice = 0; slice < count; ++slice) {
        const Sums& sums = sums_[static_cast<std::size_t>(slice)];
        slices.push_back({.begin = begins(slice),
                          .end = begins(slice + 1),
                          .error = rootMean(sums.errors, sums.count),
                          .size = rootMean(sums.references, sums.count)});
    }
    return slices;
}

TensorVerdict judge(const ErrorMeter& result, const ErrorMeter& unsharded, NumberFormat format) {
    const Tolerance& type = toleranceOf(format);
    TensorVerdict verdict;
    verdict.maxError = result.largest();
    verdict.tolerance = allowedError(unsharded.largest(), std::max(1.0, result.magnitude()), type);
    verdict.ok = verdict.maxError <= verdict.tolerance;

    const std::vector<ErrorMeter::Slice> ours = result.slices();
    const std::vector<ErrorMeter::Slice> theirs = unsharded.slices();
    double whole = 0;  // of the reference, root mean square
    for (const ErrorMeter::Slice& slice : ours) whole += slice.size * slice.size;
    whole = std::sqrt(whole / static_cast<double>(ours.size()));
    double worst = -1;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const double size = std::max({ours[i].size, whole / 16, leastSize});
        const double allowed = allowedError(theirs[i].error, size, type);
        const double share = ours[i].error / allowed;
        if (share <= worst) continue;
        worst = share;
        verdict.worstSlice = ours[i];
        verdict.sliceTolerance = allowed;
    }
    verdict.ok = verdict.ok && worst <= 1;
    return verdict;
}

}  // namespace ringscope
