#include "kernels/block/gpu/piecewise_attention.h"

#include "kernels/block/gpu/block_division.h"
#include "kernels/block/gpu/tiled_gpu_attention.h"
#include "kernels/block/partial_result.h"

namespace ringscope {
namespace {

BlockInput inputOf(const BlockInput& block, const BlockPiece& piece) {
    return {.q = rowsOf(block.q, piece.queries),
            .k = rowsOf(block.k, piece.keys),
            .v = rowsOf(block.v, piece.keys),
            .mask = piece.mask,
            .rules = block.rules};
}

bool isWhole(const BlockInput& block, const BlockDivision& division) {
    const std::vector<BlockPiece>& pieces = division.pieces;
    return !division.rest && pieces.size() == 1 && pieces[0].queries.size() == block.q.size(1) &&
           pieces[0].keys.size() == block.k.size(1);
}

}  // namespace

BlockOutput piecewiseForward(const BlockInput& block, const GpuKernels& kernels) {
    const auto divided = divisionOf(block, kernels);
    const BlockDivision& division = *divided;
    if (division.pieces.empty()) return tiledGpuForward(block, division.seen, kernels.run);
    if (isWhole(block, division)) return kernels.forward(inputOf(block, division.pieces[0]));
    PartialOutput output(block.q);
    if (division.rest)
        output.add({0, block.q.size(1)}, tiledGpuForward(block, division.seen, kernels.run));
    for (const BlockPiece& piece : division.pieces)
        output.add(piece.queries, kernels.forward(inputOf(block, piece)));
    return output.takeSum();
}

void addPiecewiseGradients(const BlockInput& block, const BlockOutput& whole,
                           const at::Tensor& dOut, const BlockGradients& sums,
                           const GpuKernels& kernels) {
    const auto divided = divisionOf(block, kernels);
    const BlockDivision& division = *divided;
    const auto add = [&](TokenSpan queries, TokenSpan keys, const BlockGradients& part) {
        rowsOf(sums.q, queries).add_(part.q);
        rowsOf(sums.k, keys).add_(part.k);
        rowsOf(sums.v, keys).add_(part.v);
    };
    if (division.rest || division.pieces.empty())
        add({0, block.q.size(1)}, {0, block.k.size(1)},
            tiledGpuBackward(block, division.seen, whole, dOut, kernels.run));
    for (const BlockPiece& piece : division.pieces)
        add(piece.queries, piece.keys,
            kernels.backward(inputOf(block, piece),
                             {rowsOf(whole.out, piece.queries), rowsOf(whole.lse, piece.queries)},
                             rowsOf(dOut, piece.queries)));
}

}  // namespace ringscope
