#include "kernels/block/cpu/tiles.h"

#include "kernels/device/number_format.h"

#include <stdexcept>

namespace ringscope {

at::Tensor computable(const at::Tensor& tensor) {
    const at::Tensor rows = tensor.to(sumType(tensor));
    const bool dense = rows.stride(3) == 1 && (rows.size(1) == 1 || rows.stride(1) >= rows.size(3));
    return dense ? rows : rows.contiguous();
}

std::vector<TokenSpan> seenRows(const BlockInput& block) {
    const std::int64_t queries = block.q.size(1);
    const std::int64_t keys = block.k.size(1);
    if (block.mask == MaskKind::Positions) {
        if (block.rules.mask == nullptr)
            throw std::logic_error("a block by position came without a mask");
        return visibleRows(*block.rules.mask, block.queryTokens, queries, block.keyTokens, keys);
    }
    std::vector<TokenSpan> seen;
    for (std::int64_t row = 0; row < queries; ++row)
        seen.push_back({0, block.mask == MaskKind::Causal ? std::min(row + 1, keys) : keys});
    return seen;
}

}  // namespace ringscope
