// Keys and values go round the ring while each rank's queries stay where they are. Used by every
// mode whose schedule sends KV from rank to rank.
#include "kernels/attention/local_attention.h"
#include "kernels/attention/ring_journey.h"

#include <ATen/ops/stack.h>

namespace ringscope {

AttentionOutput ringForward(const RankPart& part, const QueryKeyValue& input) {
    const at::Tensor own = at::stack({input.k, input.v});
    RingJourney journey(part.group, own);
    PartialOutput output(input.q);
    for (const Step& step : part.steps.forward) {
        journey.beginStep(step);
        const QueryKeyValue held{input.q, journey.keys(), journey.values()};
        for (const Block& block : step.blocks)
            output.add(block.queries, blockForward(blockOf(block, held, part.scale)));
        journey.endStep(step, {});
    }
    journey.finish();
    const BlockOutput whole = output.take();
    return {whole.out, {{input.q, own, whole.out, whole.lse}, input.k.size(2)}};
}

AttentionGradients ringBackward(const RankPart& part, const SavedAttention& saved,
                                const at::Tensor& dOut) {
    const at::Tensor& q = saved.tensors[0];
    const BlockOutput whole{saved.tensors[2], saved.tensors[3]};
    RingJourney journey(part.group, saved.tensors[1]);
    RowSum dq(q);
    for (const Step& step : part.steps.backward) {
        journey.beginStep(step);
        const QueryKeyValue held{q, journey.keys(), journey.values()};
        std::vector<KeyGradients> parts;
        for (const Block& block : step.blocks) {
            BlockGradients gradients =
                blockBackward(blockOf(block, held, part.scale),
                              {rowsOf(whole.out, block.queries), rowsOf(whole.lse, block.queries)},
                              rowsOf(dOut, block.queries));
            dq.add(block.queries, gradients.q);
            parts.push_back({block.keys, gradients.k, gradients.v});
        }
        journey.endStep(step, parts);
    }
    journey.finish();
    const at::Tensor home = journey.gradients().to(q.scalar_type());
    return {dq.take(), home[0], home[1]};
}

}  // namespace ringscope
