#include "backend/trace/clock_line.h"

#include <algorithm>
#include <cmath>

namespace ringscope {
namespace {

std::int64_t offsetOf(const ClockSample& sample) { return sample.reference - sample.local; }

double between(const ClockSample& first, const ClockSample& last, std::int64_t local) {
    return static_cast<double>(local - first.local) / static_cast<double>(last.local - first.local);
}

// Far from the samples a steep line leaves what can be counted.
std::int64_t bounded(double nanoseconds) {
    return static_cast<std::int64_t>(std::clamp(nanoseconds, -0x1p61, 0x1p61));
}

}  // namespace

ClockLine::ClockLine(std::vector<ClockSample> samples) : known_(!samples.empty()) {
    if (!known_) return;
    std::ranges::stable_sort(samples, {}, &ClockSample::local);
    const auto middle = samples.begin() + static_cast<std::ptrdiff_t>((samples.size() + 1) / 2);
    first_ = *std::ranges::min_element(samples.begin(), middle, {}, &ClockSample::error);
    last_ = middle == samples.end()
                ? first_
                : *std::ranges::min_element(middle, samples.end(), {}, &ClockSample::error);
    // At one moment there is no line.
    if (first_.local == last_.local) first_ = last_ = first_.error <= last_.error ? first_ : last_;
}

std::int64_t ClockLine::toReference(std::int64_t local) const {
    if (!known_) return local;
    const std::int64_t offset = offsetOf(first_);
    if (first_.local == last_.local) return std::max<std::int64_t>(0, local + offset);
    const double drifted = static_cast<double>(offsetOf(last_) - offset);
    const std::int64_t moved = bounded(std::round(drifted * between(first_, last_, local)));
    return std::max<std::int64_t>(0, local + offset + moved);
}

std::int64_t ClockLine::error(std::int64_t from, std::int64_t to) const {
    if (!known_) return 0;
    const std::int64_t within = std::max(first_.error, last_.error);
    if (first_.local == last_.local) return within;
    // Both ends of the line may be off, in opposite directions.
    const double turn = static_cast<double>(first_.error + last_.error);
    const double before = std::max(0.0, -between(first_, last_, from));
    const double after = std::max(0.0, between(first_, last_, to) - 1);
    return within + bounded(std::round(turn * std::max(before, after)));
}

std::vector<ClockSample> ClockLine::ends() const {
    if (!known_) return {};
    if (first_.local == last_.local) return {first_};
    return {first_, last_};
}

double ClockLine::drift() const {
    if (!known_ || first_.local == last_.local) return 0;
    return 1e9 * static_cast<double>(offsetOf(last_) - offsetOf(first_)) /
           static_cast<double>(last_.local - first_.local);
}

}  // namespace ringscope
