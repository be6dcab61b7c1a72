// Attention of single queries, each to keys of its own: what texts need that go on token by token.
//
// A query's keys are in pieces, as a cache has them. No piece is copied or packed: the matrix
// product of one row has nothing to gain from it, and packing reads and writes all keys once more.
// Heads may have keys of their own (attention.pattern). The tensors are on a CPU. A query's result
// does not depend on the other queries, to the bit.
#pragma once

#include "kernels/block/block_attention.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ringscope {

struct KeyPiece {
    std::int64_t slot = 0;  // of the first key, a row of the tensors
    std::int64_t rows = 0;  // of keys, each `step` slots behind the last
    TokenRun tokens{};      // where rules ask for them
    std::int64_t step = 1;
    TokenSpan heads{};  // of q, that see it; none: all
};

struct RowQuery {
    std::int64_t token = 0;
    std::vector<KeyPiece> pieces{};
};

// q (R, Hq, D), contiguous; k and v (slots, Hk, D), of the same strides, whose last one is 1.
// Gives out (R, Hq, D) and lse (R, Hq) in the type sums are kept in; -inf for a query without keys.
// Of the rules, dropout is none and the mask is not asked: all keys of the pieces are seen.
BlockOutput rowAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                         const std::vector<RowQuery>& queries, const ScoreRules& rules);

}  // namespace ringscope
