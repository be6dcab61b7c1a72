// One rank holds the whole sequence. The other executors are tested against this one.
#include "kernels/attention/local_attention.h"

namespace ringscope {

AttentionOutput fullForward(const RankPart& part, const QueryKeyValue& input) {
    const std::vector<std::int64_t> apart = branchSteps(part.steps);
    const Step& step = onlyStep(part.steps.forward);
    const KeyChoice choice = chooseAmong(part, step, input.q, input.k);
    const BlockOutput output = localForward(step, input, part.rules, part.sinks, apart, choice);
    SavedAttention saved{{input.q, input.k, input.v}, input.k.size(2)};
    appendOutput(output, saved.tensors);
    appendChoice(choice, saved.tensors);
    return {output.out, std::move(saved), output.lse};
}

AttentionGradients fullBackward(const RankPart& part, const SavedAttention& saved,
                                const at::Tensor& dOut) {
    const std::vector<at::Tensor>& tensors = saved.tensors;
    const std::vector<std::int64_t> apart = branchSteps(part.steps);
    const AttentionGradients sums =
        localBackward(onlyStep(part.steps.backward), {tensors[0], tensors[1], tensors[2]},
                      outputAt(tensors, 3, apart.size()), dOut, part.rules, part.sinks, apart,
                      choiceAt(part, tensors, 5 + apart.size()));
    return {sums.q, sums.k.to(dOut.scalar_type()), sums.v.to(dOut.scalar_type())};
}

}  // namespace ringscope
