// Native sparse attention by its definition, for tests: dense scores and explicit masks in fp64,
// with autograd. It shares no code with the engine.
#pragma once

#include "backend/model/model_config.h"

#include <ATen/core/Tensor.h>
#include <vector>

namespace ringscope::test {

// Of keys, or of values.
struct DenseCompression {
    at::Tensor position;  // (block * D)
    at::Tensor up;        // (D, block * D)
    at::Tensor down;      // (D, D)
};

struct DenseInputs {
    at::Tensor q;      // (B, S, Hq, D)
    at::Tensor k;      // (B, S, Hk, D)
    at::Tensor v;      // (B, S, Hk, D)
    at::Tensor gates;  // (B, S, Hq, 3)
    DenseCompression keys;
    DenseCompression values;

    // All of them, in one order.
    std::vector<at::Tensor> tensors() const;
    // Copies that take gradients.
    DenseInputs leaves() const;
};

// Of random numbers, the same in every process.
DenseInputs randomInputs(const NsaConfig& sizes, std::int64_t batch, std::int64_t tokens,
                         std::int64_t heads, std::int64_t kvHeads, std::int64_t columns);

// (B, S, Hq, D)
at::Tensor denseSparseAttention(const NsaConfig& sizes, const DenseInputs& inputs, double scale);

}  // namespace ringscope::test
