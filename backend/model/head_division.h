// Whether ranks can divide the heads of attention among them.
#pragma once

#include <cstdint>

namespace ringscope {

// Each rank gets as many query heads; and as many key/value heads, or ranks share one.
constexpr bool headsDivide(std::int64_t heads, std::int64_t kvHeads, std::int64_t ranks) {
    return heads % ranks == 0 && (kvHeads % ranks == 0 || ranks % kvHeads == 0);
}

}  // namespace ringscope
