#include "kernels/verify/pattern_mask.h"

#include "backend/model/npy.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace ringscope {

Result<PatternMask> PatternMask::make(const AttentionCase& problem) {
    PatternMask mask(problem.pattern, problem.kvHeads);
    if (problem.pattern.kind != PatternKind::BlockSparse || !problem.pattern.file) return mask;
    RINGSCOPE_TRY(NpyIntegers read, readNpyIntegers(*problem.pattern.file));
    mask.blocks_ = read.shape.front();
    mask.cells_ = std::move(read.values);
    return mask;
}

int PatternMask::branches() const {
    return pattern_.kind == PatternKind::Dilated ? static_cast<int>(pattern_.rates.size()) : 1;
}

bool PatternMask::stopsGradient() const {
    return pattern_.kind == PatternKind::Dilated && pattern_.stopGradient;
}

at::Tensor PatternMask::pairs(std::int64_t keyHead, int branch, TokenSpan queries,
                              TokenSpan keys) const {
    at::Tensor cells = at::empty({queries.size(), keys.size()}, at::TensorOptions(at::kBool));
    bool* next = cells.mutable_data_ptr<bool>();
    for (std::int64_t query = queries.begin; query < queries.end; ++query)
        for (std::int64_t key = keys.begin; key < keys.end; ++key)
            *next++ = grants(keyHead, branch, query, key);
    return cells;
}

at::Tensor PatternMask::anyPairs(TokenSpan queries, TokenSpan keys) const {
    at::Tensor seen = pairs(0, 0, queries, keys);
    for (std::int64_t head = 0; head < (headsAlike() ? 1 : kvHeads_); ++head)
        for (int branch = 0; branch < branches(); ++branch)
            seen.logical_or_(pairs(head, branch, queries, keys));
    return seen;
}

bool PatternMask::grants(std::int64_t keyHead, int branch, std::int64_t query,
                         std::int64_t key) const {
    if (pattern_.kind == PatternKind::None) return true;
    if (pattern_.kind == PatternKind::BlockSparse)
        return grantsBlock(query / pattern_.block, key / pattern_.block);
    const std::int64_t segment = pattern_.segments[static_cast<std::size_t>(branch)];
    const std::int64_t rate = pattern_.rates[static_cast<std::size_t>(branch)];
    const std::int64_t group = (kvHeads_ + rate - 1) / rate;
    const std::int64_t offset =
        pattern_.offsets == HeadOffsets::Paper ? keyHead % rate : keyHead / group;
    const auto selected = [&](std::int64_t token) { return token % segment % rate == offset; };
    return query / segment == key / segment && selected(query) && selected(key);
}

bool PatternMask::grantsBlock(std::int64_t query, std::int64_t key) const {
    const std::int64_t away = std::abs(query - key);
    if (away <= pattern_.local) return true;
    if (pattern_.stride > 0 && away % pattern_.stride == 0) return true;
    if (key < (pattern_.globalTokens + pattern_.block - 1) / pattern_.block) return true;
    if (!cells_.empty() && cells_[static_cast<std::size_t>(query * blocks_ + key)] == 1)
        return true;
    const std::int64_t near = std::max<std::int64_t>(pattern_.local, 1);
    if (pattern_.levels > 0 && away <= near) return true;
    for (std::int64_t level = 1; level < pattern_.levels; ++level) {
        const std::int64_t reach = near << level;
        if (away > reach / 2 && away <= reach) return away % (std::int64_t{1} << level) == 0;
    }
    return false;
}

}  // namespace ringscope
