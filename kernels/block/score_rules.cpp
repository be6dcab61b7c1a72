#include "kernels/block/score_rules.h"

#include <cmath>

namespace ringscope {

std::uint64_t dropoutSeedOfLayer(std::uint64_t seed, int layer) {
    return mixBits(mixBits(seed) + static_cast<std::uint64_t>(static_cast<std::int64_t>(layer)));
}

std::uint32_t dropoutThreshold(double dropout) {
    return static_cast<std::uint32_t>(std::lround(dropout * 4294967296.0 * (1 - 0x1p-33)));
}

}  // namespace ringscope
