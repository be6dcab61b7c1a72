// An all-to-all turns a share of the tokens with all heads into all tokens of a group of ranks with
// a share of the heads; attention is local, or goes round a ring of such groups; a second one turns
// its output back.
//
//   packed for sending   (P, n, B, h, D)   slice p: this rank's tokens, rank p's heads of q, k, v
//   packed as received   (P, n, B, h, D)   slice p: rank p's tokens, this rank's heads
//                      = (P n, B, h, D)    so that a view has the group's tokens in order
//
// Where there are fewer key/value heads than ranks, neighbouring ranks get copies of one head, and
// the gradients of the copies are summed.
#include "kernels/attention/local_attention.h"
#include "kernels/attention/ring_attention.h"
#include "kernels/attention/transfers.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/stack.h>

namespace ringscope {
namespace {

// Of the packed heads, those of one tensor.
struct Heads {
    std::int64_t first;       // of a rank's packed heads
    std::int64_t count;       // for each rank
    std::int64_t copies = 1;  // ranks that share each head
};

struct Packing {
    std::int64_t ranks;
    std::int64_t tokens;  // of one rank
    Heads q, k, v;

    Packing(const RankPart& part, std::int64_t tokens, std::int64_t heads, std::int64_t kvHeads)
        : ranks(part.steps.forward.front().queriesOf.count), tokens(tokens) {
        const std::int64_t copies = kvHeads < ranks ? ranks / kvHeads : 1;
        const std::int64_t kvCount = kvHeads * copies / ranks;
        q = {0, heads / ranks};
        k = {q.count, kvCount, copies};
        v = {q.count + kvCount, kvCount, copies};
    }

    at::Tensor empty(const at::Tensor& like, std::int64_t heads) const {
        return at::empty({ranks, tokens, like.size(0), heads, like.size(3)}, like.options());
    }
    at::Tensor emptyForAll(const at::Tensor& like) const { return empty(like, v.first + v.count); }
};

// (groups, copies, n, B, h, D): a tensor's heads among the packed ones; a view.
at::Tensor slot(const at::Tensor& packed, const Heads& heads) {
    return packed
        .view({packed.size(0) / heads.copies, heads.copies, packed.size(1), packed.size(2),
               packed.size(3), packed.size(4)})
        .narrow(4, heads.first, heads.count);
}

// tensor: (B, n, H, D).
void pack(const at::Tensor& packed, const Heads& heads, const at::Tensor& tensor) {
    const at::Tensor target = slot(packed, heads);
    const at::Tensor perGroup =
        tensor.view({tensor.size(0), tensor.size(1), target.size(0), heads.count, tensor.size(3)})
            .permute({2, 1, 0, 3, 4});
    target.copy_(perGroup.unsqueeze(1).expand_as(target));
}

// The way back: (B, n, H, D), copies summed.
at::Tensor unpack(const at::Tensor& packed, const Heads& heads) {
    const at::Tensor source = slot(packed, heads);
    const at::Tensor perGroup = heads.copies == 1 ? source.select(1, 0) : source.sum(1);
    return perGroup.permute({2, 1, 0, 3, 4})
        .reshape({source.size(3), source.size(2), source.size(0) * heads.count, source.size(5)});
}

// (B, P n, h, D): a tensor's heads of the group's tokens, as received; a view.
at::Tensor groupsTokens(const at::Tensor& packed, const Heads& heads) {
    return packed.flatten(0, 1).transpose(0, 1).narrow(2, heads.first, heads.count);
}

QueryKeyValue groupsTokens(const at::Tensor& packed, const Packing& packing) {
    return {groupsTokens(packed, packing.q), groupsTokens(packed, packing.k),
            groupsTokens(packed, packing.v)};
}

// The part with the rules for the heads this rank attends for.
RankPart ofHeadsHere(RankPart part, const Packing& packing) {
    const RankSet& among = part.steps.forward.front().queriesOf;
    part.rules.firstHead += among.placeOf(part.group.rank()) * packing.q.count;
    return part;
}

bool isRing(const RankPart& part) { return part.steps.forward.size() > 1; }

BlockOutput attendHere(const RankPart& part, const QueryKeyValue& here) {
    if (isRing(part)) return attendAround(part, here.q, at::stack({here.k, here.v}));
    return localForward(onlyStep(part.steps.forward), here, part.rules);
}

AttentionGradients gradientsHere(const RankPart& part, const QueryKeyValue& here,
                                 const BlockOutput& whole, const at::Tensor& dOut) {
    if (isRing(part))
        return gradientsAround(part, here.q, at::stack({here.k, here.v}), whole, dOut);
    return localBackward(onlyStep(part.steps.backward), here, whole, dOut, part.rules);
}

}  // namespace

AttentionOutput allToAllForward(const RankPart& part, const QueryKeyValue& input) {
    const std::vector<Step>& steps = part.steps.forward;
    const Packing packing(part, input.q.size(1), input.q.size(2), input.k.size(2));
    at::Tensor received = packing.emptyForAll(input.q);
    {
        const at::Tensor sent = at::empty_like(received);
        pack(sent, packing.q, input.q);
        pack(sent, packing.k, input.k);
        pack(sent, packing.v, input.v);
        exchange(part.group, steps.front(), Moment::BeforeBlocks, received, sent);
    }
    const BlockOutput output =
        attendHere(ofHeadsHere(part, packing), groupsTokens(received, packing));

    at::Tensor returned = packing.empty(input.q, packing.q.count);
    exchange(part.group, steps.back(), Moment::AfterBlocks, returned,
             output.out.transpose(0, 1).contiguous());
    return {unpack(returned, packing.q),
            {{received, output.out, output.lse}, input.k.size(2)},
            output.lse};
}

AttentionGradients allToAllBackward(const RankPart& part, const SavedAttention& saved,
                                    const at::Tensor& dOut) {
    const std::vector<Step>& steps = part.steps.backward;
    const at::Tensor& received = saved.tensors[0];
    const BlockOutput whole{saved.tensors[1], saved.tensors[2]};
    const Packing packing(part, dOut.size(1), dOut.size(2), saved.kvHeads);

    at::Tensor dOutHere = packing.empty(dOut, packing.q.count);
    {
        const at::Tensor sent = at::empty_like(dOutHere);
        pack(sent, packing.q, dOut);
        exchange(part.group, steps.front(), Moment::BeforeBlocks, dOutHere, sent);
    }
    const AttentionGradients here =
        gradientsHere(ofHeadsHere(part, packing), groupsTokens(received, packing), whole,
                      groupsTokens(dOutHere, packing.q));

    const at::Tensor sent = packing.emptyForAll(dOut);
    groupsTokens(sent, packing.q).copy_(here.q);
    groupsTokens(sent, packing.k).copy_(here.k);
    groupsTokens(sent, packing.v).copy_(here.v);
    at::Tensor returned = at::empty_like(sent);
    exchange(part.group, steps.back(), Moment::AfterBlocks, returned, sent);
    return {unpack(returned, packing.q), unpack(returned, packing.k), unpack(returned, packing.v)};
}

}  // namespace ringscope
