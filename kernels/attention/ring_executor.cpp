// Keys and values go round the ring while each rank's queries stay where they are. Used by every
// mode whose schedule sends KV from rank to rank.
#include "kernels/attention/local_attention.h"
#include "kernels/attention/ring_attention.h"
#include "kernels/attention/ring_journey.h"

#include <ATen/ops/stack.h>

namespace ringscope {

BlockOutput attendAround(const RankPart& part, const at::Tensor& q, const at::Tensor& own) {
    RingJourney journey(part.group, part.pool, own);
    PartialOutput output(q);
    for (const Step& step : part.steps.forward) {
        journey.beginStep(step);
        const QueryKeyValue held{q, journey.keys(), journey.values()};
        for (const Block& block : step.blocks)
            output.add(block.queries, blockForward(blockOf(block, held, part.rules)));
        journey.endStep(step, {});
    }
    journey.finish();
    return output.take();
}

AttentionGradients gradientsAround(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                                   const BlockOutput& whole, const at::Tensor& dOut) {
    RingJourney journey(part.group, part.pool, own);
    const at::Tensor dq = emptySum(q);
    for (const Step& step : part.steps.backward) {
        journey.beginStep(step);
        const QueryKeyValue held{q, journey.keys(), journey.values()};
        const TokenSpan keys = keyRows(step);
        const KeyGradients sums{keys, emptySum(own.narrow(2, keys.begin, keys.size()))};
        for (const Block& block : step.blocks) {
            const TokenSpan rows = relativeTo(keys, block.keys);
            addBlockGradients(blockOf(block, held, part.rules),
                              {rowsOf(whole.out, block.queries), rowsOf(whole.lse, block.queries)},
                              rowsOf(dOut, block.queries),
                              {rowsOf(dq, block.queries), rowsOf(sums.packed[0], rows),
                               rowsOf(sums.packed[1], rows)});
        }
        journey.endStep(step, sums);
    }
    journey.finish();
    return {dq.to(q.scalar_type()), journey.gradients()[0], journey.gradients()[1]};
}

AttentionOutput ringForward(const RankPart& part, const QueryKeyValue& input) {
    const at::Tensor own = at::stack({input.k, input.v});
    const BlockOutput whole = attendAround(part, input.q, own);
    return {whole.out, {{input.q, own, whole.out, whole.lse}, input.k.size(2)}, whole.lse};
}

AttentionGradients ringBackward(const RankPart& part, const SavedAttention& saved,
                                const at::Tensor& dOut) {
    const at::Tensor& q = saved.tensors[0];
    const AttentionGradients sums =
        gradientsAround(part, q, saved.tensors[1], {saved.tensors[2], saved.tensors[3]}, dOut);
    return {sums.q, sums.k.to(q.scalar_type()), sums.v.to(q.scalar_type())};
}

}  // namespace ringscope
