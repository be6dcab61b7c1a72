#include "kernels/attention/score_rules.h"

#include <bit>
#include <cmath>

namespace ringscope {

double alibiSlope(std::int64_t head, std::int64_t heads) {
    const auto power = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(heads)));
    if (head < power)
        return std::exp2(-8.0 * static_cast<double>(head + 1) / static_cast<double>(power));
    return std::exp2(-4.0 * static_cast<double>(2 * (head - power) + 1) /
                     static_cast<double>(power));
}

std::uint64_t dropoutSeedOfLayer(std::uint64_t seed, int layer) {
    return mixBits(mixBits(seed) + static_cast<std::uint64_t>(static_cast<std::int64_t>(layer)));
}

std::uint32_t dropoutThreshold(double dropout) {
    return static_cast<std::uint32_t>(std::lround(dropout * 4294967296.0 * (1 - 0x1p-33)));
}

}  // namespace ringscope
