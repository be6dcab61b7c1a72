// One rank holds the whole sequence. The other executors are tested against this one.
#include "kernels/attention/local_attention.h"

namespace ringscope {

AttentionOutput fullForward(const RankPart& part, const QueryKeyValue& input) {
    const BlockOutput output =
        localForward(onlyStep(part.steps.forward), input, part.rules, part.sinks);
    return {output.out,
            {{input.q, input.k, input.v, output.out, output.lse}, input.k.size(2)},
            output.lse};
}

AttentionGradients fullBackward(const RankPart& part, const SavedAttention& saved,
                                const at::Tensor& dOut) {
    const std::vector<at::Tensor>& tensors = saved.tensors;
    const AttentionGradients sums =
        localBackward(onlyStep(part.steps.backward), {tensors[0], tensors[1], tensors[2]},
                      {tensors[3], tensors[4]}, dOut, part.rules, part.sinks);
    return {sums.q, sums.k.to(dOut.scalar_type()), sums.v.to(dOut.scalar_type())};
}

}  // namespace ringscope
