#include "kernels/attention/compression.h"

#include "backend/plan/native_sparse.h"
#include "kernels/device/number_format.h"

#include <ATen/ops/mm.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/silu_backward.h>

namespace ringscope {
namespace {

// A row for each block and head, (B * blocks * H, block * D), in the type sums are kept in.
at::Tensor rowsOfBlocks(const at::Tensor& x, const Compression& parts, const NsaConfig& sizes) {
    return x.unfold(1, sizes.block, sizes.stride)
        .permute({0, 1, 2, 4, 3})
        .to(sumType(x))
        .clone(at::MemoryFormat::Contiguous)
        .view({-1, sizes.block * x.size(3)})
        .add_(parts.position.value);
}

at::Tensor matrixOf(const SparseWeight& weight) {
    return weight.value.detach().to(sumType(weight.value));
}

void addTo(const SparseWeight& weight, const at::Tensor& gradient) {
    if (weight.gradient.defined()) weight.gradient.add_(gradient);
}

}  // namespace

at::Tensor compressed(const at::Tensor& x, const Compression& parts, const NsaConfig& sizes) {
    const at::Tensor rows = rowsOfBlocks(x, parts, sizes);
    return at::mm(at::silu(at::mm(rows, matrixOf(parts.up).t())), matrixOf(parts.down).t())
        .to(x.scalar_type())
        .view({x.size(0), compressedBlocks(sizes, x.size(1)), x.size(2), x.size(3)});
}

void addCompressionGradients(const at::Tensor& x, const Compression& parts, const NsaConfig& sizes,
                             const at::Tensor& dCompressed, const at::Tensor& dx) {
    const at::Tensor up = matrixOf(parts.up);
    const at::Tensor rows = rowsOfBlocks(x, parts, sizes);
    const at::Tensor inner = at::mm(rows, up.t());
    const at::Tensor dOut = dCompressed.reshape({-1, x.size(3)});
    addTo(parts.down, at::mm(dOut.t(), at::silu(inner)));
    const at::Tensor dInner = at::silu_backward(at::mm(dOut, matrixOf(parts.down)), inner);
    addTo(parts.up, at::mm(dInner.t(), rows));
    const at::Tensor dRows = at::mm(dInner, up);
    addTo(parts.position, dRows.sum(0));
    const at::Tensor ofTokens =
        dRows.view({x.size(0), -1, x.size(2), sizes.block, x.size(3)}).transpose(2, 3);
    // A token is in several blocks, and at one place of a block with the tokens of one stride.
    for (std::int64_t first = 0; first < sizes.block; first += sizes.stride) {
        const at::Tensor ofStride = ofTokens.narrow(2, first, sizes.stride).flatten(1, 2);
        dx.narrow(1, first, ofStride.size(1)).add_(ofStride);
    }
}

}  // namespace ringscope
