#include "backend/core/ticks.h"

#include <cmath>
#include <cstdint>

namespace ringscope {

std::vector<double> roundTicks(double low, double high, int count) {
    const double rough = (high - low) / count;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    double step = power * 10;
    for (const double factor : {5.0, 2.0, 1.0})
        if (power * factor >= rough) step = power * factor;
    std::vector<double> ticks;
    const auto first = static_cast<std::int64_t>(std::ceil(low / step - 1e-9));
    const auto last = static_cast<std::int64_t>(std::floor(high / step + 1e-9));
    for (std::int64_t i = first; i <= last; ++i) ticks.push_back(static_cast<double>(i) * step);
    return ticks;
}

std::vector<double> logTicks(double low, double high) {
    std::vector<double> ticks;
    const auto first = static_cast<int>(std::floor(std::log10(low)));
    const auto last = static_cast<int>(std::ceil(std::log10(high)));
    // Over many decades their powers of ten suffice.
    const bool wide = last - first > 4;
    for (int power = first; power <= last; ++power)
        for (const double factor : {1.0, 2.0, 5.0})
            if (const double tick = factor * std::pow(10, power);
                tick >= low && tick <= high && (!wide || factor == 1.0))
                ticks.push_back(tick);
    return ticks.size() < 2 ? roundTicks(low, high, 4) : ticks;
}

}  // namespace ringscope
