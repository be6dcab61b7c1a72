// One rank holds the whole sequence. The other executors are tested against this one.
#include "kernels/attention/local_attention.h"

namespace ringscope {

AttentionOutput fullForward(const RankPart& part, const QueryKeyValue& input) {
    const LocalOutput output = attendLocally(part, onlyStep(part.steps.forward), input);
    SavedAttention saved{{input.q, input.k, input.v}, input.k.size(2)};
    appendLocalOutput(output, saved.tensors);
    return {output.whole.out, std::move(saved), output.whole.lse};
}

AttentionGradients fullBackward(const RankPart& part, const SavedAttention& saved,
                                const at::Tensor& dOut) {
    const std::vector<at::Tensor>& tensors = saved.tensors;
    const AttentionGradients sums =
        gradientsLocally(part, onlyStep(part.steps.backward), {tensors[0], tensors[1], tensors[2]},
                         localOutputAt(part, tensors, 3), dOut);
    return {sums.q, sums.k.to(dOut.scalar_type()), sums.v.to(dOut.scalar_type()), sums.gates};
}

}  // namespace ringscope
