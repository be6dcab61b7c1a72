// Dropout of rows' numbers that depends on the token a row is of, and not on who holds it: the same
// under every mode and number of ranks, and when a layer is computed again.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace ringscope {

struct RowDropout {
    double share = 0;        // of numbers that become 0; others grow by 1 / (1 - share)
    std::uint64_t seed = 0;  // of a batch
    at::Tensor rows{};       // (R) int64 on the CPU: which token of the batch each row is

    bool drops() const { return share > 0; }

    // `in` (rows, columns) without what is dropped; `in` itself where nothing is. Its rows are
    // those from `first` on. `key`: of the place in the model, so that each drops other numbers.
    at::Tensor of(const at::Tensor& in, std::int64_t first, std::uint64_t key) const;
};

}  // namespace ringscope
