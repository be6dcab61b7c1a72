// Rows of queries, of several heads, that are computed as one block: (1, m, 1, ...).
#pragma once

#include "kernels/block/block_attention.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace ringscope {

class GatheredRows {
public:
    // Row i is row rows[i] of the queries, of head heads[i] of batch item `item`; both must outlive
    // this. `like`: for the device.
    GatheredRows(std::int64_t item, const std::vector<std::int64_t>& rows,
                 const std::vector<std::int64_t>& heads, const at::Tensor& like);

    // Of a tensor (B, n, H, ...), whose first row is row `firstRow` of the queries; here and below.
    at::Tensor of(const at::Tensor& tensor, std::int64_t firstRow) const;
    void merge(const BlockOutput& part, const BlockOutput& sum, std::int64_t firstRow) const;
    void add(const at::Tensor& values, const at::Tensor& sum, std::int64_t firstRow) const;

private:
    bool scattered() const { return !index_.defined(); }

    std::int64_t item_;
    std::span<const std::int64_t> rows_;
    std::span<const std::int64_t> heads_;
    at::Tensor index_, headIndex_;  // where the device has no kernels for scattered rows
};

}  // namespace ringscope
