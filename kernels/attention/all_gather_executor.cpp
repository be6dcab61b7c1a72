// Every rank holds all of q, k and v and attends for its share of the queries; the outputs are
// gathered. In the backward pass each rank has the gradients of its own tokens' loss for all
// outputs; they are summed on the rank that computed the output. The gradients of q, k and v are
// then parts of a sum over the ranks, like all gradients before them in a replicated model.
#include "kernels/attention/local_attention.h"
#include "kernels/attention/transfers.h"

#include <ATen/ops/zeros_like.h>

namespace ringscope {
namespace {

// (P, B, n, H, D), a slice for each rank, to (B, P n, H, D); a copy.
at::Tensor joined(const at::Tensor& slices) {
    const std::int64_t tokens = slices.size(0) * slices.size(2);
    return slices.transpose(0, 1)
        .clone(at::MemoryFormat::Contiguous)
        .view({slices.size(1), tokens, slices.size(3), slices.size(4)});
}

// The inverse of joined(): `whole` into slices.
void slice(const at::Tensor& slices, const at::Tensor& whole) {
    slices.copy_(
        whole.view({whole.size(0), slices.size(0), slices.size(2), whole.size(2), whole.size(3)})
            .transpose(0, 1));
}

PooledTensor emptySlices(const RankPart& part, const at::Tensor& slice) {
    return part.pool.take(
        {part.group.size(), slice.size(0), slice.size(1), slice.size(2), slice.size(3)},
        slice.options());
}

}  // namespace

AttentionOutput allGatherForward(const RankPart& part, const QueryKeyValue& input) {
    const Step& step = onlyStep(part.steps.forward);
    LocalOutput output = attendLocally(part, step, input);
    BlockOutput& share = output.whole;
    share.out = share.out.contiguous();
    PooledTensor gathered = emptySlices(part, share.out);
    exchange(part.group, step, Payload::Output, gathered.tensor(), share.out);
    SavedAttention saved{{input.q, input.k, input.v}, input.k.size(2)};
    appendLocalOutput(output, saved.tensors);
    return {joined(gathered.tensor()), std::move(saved), share.lse};
}

AttentionGradients allGatherBackward(const RankPart& part, const SavedAttention& saved,
                                     const at::Tensor& dOut) {
    const Step& step = onlyStep(part.steps.backward);
    const QueryKeyValue input{saved.tensors[0], saved.tensors[1], saved.tensors[2]};
    const LocalOutput output = localOutputAt(part, saved.tensors, 3);
    const BlockOutput& share = output.whole;
    PooledTensor dShare = part.pool.take(share.out.sizes(), share.out.options());
    {
        const PooledTensor parts = emptySlices(part, share.out);
        slice(parts.tensor(), dOut);
        exchange(part.group, step, Payload::OutputGrad, dShare.tensor(), parts.tensor());
    }

    const AttentionGradients gradients =
        gradientsLocally(part, step, input, output, dShare.tensor());
    at::Tensor dq = at::zeros_like(input.q);
    rowsOf(dq, queryRows(step)).copy_(gradients.q);
    return {dq, gradients.k.to(dq.scalar_type()), gradients.v.to(dq.scalar_type()),
            gradients.gates};
}

}  // namespace ringscope
