#include "backend/compare/statistics.h"
#include "backend/core/rounded.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace ringscope {
namespace {

bool isUsable(const std::optional<Spread>& spread) {
    return spread && std::isfinite(spread->low) && std::isfinite(spread->high);
}

double larger(double a, double b) { return std::isnan(a) || a > b ? a : b; }

}  // namespace

std::optional<Spread> spreadOf(std::vector<double> values) {
    if (values.empty()) return std::nullopt;
    const int samples = static_cast<int>(values.size());
    if (std::ranges::any_of(values, [](double value) { return std::isnan(value); })) {
        constexpr double nan = std::numeric_limits<double>::quiet_NaN();
        return Spread{nan, nan, nan, samples};
    }
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    const double median =
        values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return Spread{median, values.front(), values.back(), samples};
}

std::optional<Bytes> measuredBytes(const RunRecord& run, Bytes (*figure)(const RunRecord&)) {
    const bool reported = run.summary ? run.summary->peakMemory.count > 0
                                      : std::ranges::any_of(run.rankRecords, hasReported);
    return reported ? std::optional(figure(run)) : std::nullopt;
}

std::optional<double> medianRatio(const std::optional<Spread>& value,
                                  const std::optional<Spread>& base) {
    if (!isUsable(value) || !isUsable(base) || base->median == 0) return std::nullopt;
    return value->median / base->median;
}

RatioInterval ratioInterval(const Spread& value, const Spread& base) {
    return {value.low / base.high, value.high / base.low};
}

Speed speedAgainst(const std::optional<Spread>& value, const std::optional<Spread>& base) {
    const std::optional<double> ratio = medianRatio(value, base);
    if (!ratio || base->low <= 0) return Speed::Unknown;
    const RatioInterval interval = ratioInterval(*value, *base);
    if (interval.low <= 1 && interval.high >= 1) return Speed::Unclear;
    const bool repeated = value->samples > 1 && base->samples > 1;
    if (!repeated && std::abs(*ratio - 1) < singleRunNoise) return Speed::Unclear;
    return *ratio > 1 ? Speed::Faster : Speed::Slower;
}

Parity worseParity(const Parity& a, const Parity& b) {
    Parity worse = b;
    const double loss = larger(a.maxLossDiff, b.maxLossDiff);
    if (std::isnan(a.maxLossDiff) || a.maxLossDiff == loss) worse = a;
    worse.maxLossDiff = loss;
    worse.maxGradNormRelDiff = larger(a.maxGradNormRelDiff, b.maxGradNormRelDiff);
    worse.steps = std::min(a.steps, b.steps);
    return worse;
}

std::string_view speedWord(Speed speed) {
    switch (speed) {
        case Speed::Faster:
            return "faster";
        case Speed::Slower:
            return "slower";
        case Speed::Unclear:
            return "no clear difference";
        case Speed::Unknown:
            break;
    }
    return "unknown";
}

std::string formatRatio(double ratio) {
    if (!std::isfinite(ratio)) return "unknown";
    if (ratio < 0.0995) return formatRounded(ratio, 2);
    if (ratio < 1.095) return fmt::format("{:.2f}", ratio);
    if (ratio < 9.95) return fmt::format("{:.1f}", ratio);
    return formatCount(std::llround(ratio));
}

}  // namespace ringscope
