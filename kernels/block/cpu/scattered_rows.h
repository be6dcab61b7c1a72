// Rows that lie anywhere in tensors of several heads, on a CPU: gathered to be computed at once,
// and put back. Each row is copied in one piece.
//
//     tensor (n, H, D) or (n, H)      gathered (1, m, 1, D) or (1, m, 1)
#pragma once

#include "kernels/block/block_attention.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace ringscope {

// Row i is row rows[i] - firstRow of head heads[i]. None is there twice.
struct ScatteredRows {
    std::span<const std::int64_t> rows{};
    std::span<const std::int64_t> heads{};
    std::int64_t firstRow = 0;
};

// The last dimension of tensors with columns must be contiguous, here and below.
at::Tensor gathered(const ScatteredRows& places, const at::Tensor& tensor);

// Adds values (1, m, 1, D) of the same type.
void addScattered(const ScatteredRows& places, const at::Tensor& values, const at::Tensor& sum);

// mergePart() into these rows of out (n, H, D) and lse (n, H).
void mergeScattered(const ScatteredRows& places, const BlockOutput& part, const at::Tensor& out,
                    const at::Tensor& lse);

}  // namespace ringscope
