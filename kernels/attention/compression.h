// One key or value of a block of tokens: native sparse attention's compression
// (backend/plan/native_sparse.h). The tokens of a block, side by side, go through two matrices:
//
//   row        = [x of the block's first token, …, x of its last] + position   block * D columns
//   compressed = down silu(up row)                                            D columns
//
// All key heads share the matrices; keys and values have their own.
#pragma once

#include "backend/model/model_config.h"

#include <ATen/core/Tensor.h>

namespace ringscope {

// A parameter and where its gradient is added up.
struct SparseWeight {
    at::Tensor value{};
    at::Tensor gradient{};  // not defined: it is not wanted
};

struct Compression {
    SparseWeight position{};  // (block * D)
    SparseWeight up{};        // (D, block * D)
    SparseWeight down{};      // (D, D)
};

// Of a layer.
struct SparseParts {
    NsaConfig sizes{};
    Compression keys{};
    Compression values{};
};

// x: (B, n, H, D), rows of tokens from the first on. Returns (B, blocks, H, D), without a graph.
at::Tensor compressed(const at::Tensor& x, const Compression& parts, const NsaConfig& sizes);

// From the gradient of what compressed() gave, in the type sums are kept in: adds to those of the
// parameters, and to dx, (B, n, H, D), of that type.
void addCompressionGradients(const at::Tensor& x, const Compression& parts, const NsaConfig& sizes,
                             const at::Tensor& dCompressed, const at::Tensor& dx);

}  // namespace ringscope
