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
#include <ATen/ops/stack.h>
#include <algorithm>
#include <array>

namespace ringscope {
namespace {

enum Input : std::size_t { Q, K, V, inputs };

// How the heads of one tensor go to the ranks.
struct Heads {
    std::int64_t count = 0;   // for each rank
    std::int64_t copies = 1;  // ranks that share each head
};

// Tensors that travel in one message; their heads follow each other.
struct Parcel {
    Payload payload;
    std::vector<Input> tensors;
};

// What step `step` exchanges: q, k and v together or one by one.
std::vector<Parcel> parcelsOf(const Step& step, bool gradients) {
    const Payload whole = gradients ? Payload::QueryKeyValueGrad : Payload::QueryKeyValue;
    if (std::ranges::any_of(step.transfers,
                            [&](const Transfer& each) { return each.payload == whole; }))
        return {{whole, {Q, K, V}}};
    if (gradients)
        return {{Payload::QueryGrad, {Q}}, {Payload::KeyGrad, {K}}, {Payload::ValueGrad, {V}}};
    return {{Payload::Query, {Q}}, {Payload::Key, {K}}, {Payload::Value, {V}}};
}

struct Packing {
    std::int64_t ranks;
    std::int64_t tokens;  // of one rank
    std::array<Heads, inputs> heads;

    Packing(const RankPart& part, std::int64_t tokens, std::int64_t queryHeads,
            std::int64_t kvHeads)
        : ranks(part.steps.forward.front().queriesOf.count), tokens(tokens) {
        const std::int64_t copies = kvHeads < ranks ? ranks / kvHeads : 1;
        const Heads keys{kvHeads * copies / ranks, copies};
        heads = {Heads{queryHeads / ranks}, keys, keys};
    }

    // Of the packed tensor of `parcel`, for tensors like `like`.
    std::vector<std::int64_t> sizes(const Parcel& parcel, const at::Tensor& like) const {
        std::int64_t count = 0;
        for (const Input input : parcel.tensors) count += heads[input].count;
        return sizes(count, like);
    }
    std::vector<std::int64_t> sizes(std::int64_t count, const at::Tensor& like) const {
        return {ranks, tokens, like.size(0), count, like.size(3)};
    }
    // The heads of one tensor among those of the parcel; a view.
    at::Tensor headsOf(const at::Tensor& packed, const Parcel& parcel, Input input) const {
        std::int64_t first = 0;
        for (const Input each : parcel.tensors) {
            if (each == input) break;
            first += heads[each].count;
        }
        return packed.narrow(3, first, heads[input].count);
    }
};

// (P, n, B, h, D), a tensor's heads, as (groups, copies, n, B, h, D).
at::Tensor byCopies(const at::Tensor& heads, std::int64_t copies) {
    return heads.unflatten(0, {heads.size(0) / copies, copies});
}

// tensor: (B, n, H, D).
void pack(const at::Tensor& heads, std::int64_t copies, const at::Tensor& tensor) {
    const at::Tensor target = byCopies(heads, copies);
    const at::Tensor perGroup =
        tensor.view({tensor.size(0), tensor.size(1), target.size(0), heads.size(3), tensor.size(3)})
            .permute({2, 1, 0, 3, 4});
    target.copy_(perGroup.unsqueeze(1).expand_as(target));
}

// The way back: (B, n, H, D), copies summed; nothing of `heads` is kept.
at::Tensor unpack(const at::Tensor& heads, std::int64_t copies) {
    const at::Tensor source = byCopies(heads, copies);
    const at::Tensor perGroup = copies == 1 ? source.select(1, 0) : source.sum(1);
    const std::int64_t groups = source.size(0), count = heads.size(3);
    at::Tensor tensor =
        at::empty({heads.size(2), heads.size(1), groups * count, heads.size(4)}, heads.options());
    tensor.view({heads.size(2), heads.size(1), groups, count, heads.size(4)})
        .copy_(perGroup.permute({2, 1, 0, 3, 4}));
    return tensor;
}

// (B, P n, h, D): a tensor's heads of the group's tokens, as received; a view.
at::Tensor groupsTokens(const at::Tensor& heads) { return heads.flatten(0, 1).transpose(0, 1); }

// The part with the rules for the heads this rank attends for.
RankPart ofHeadsHere(RankPart part, const Packing& packing) {
    const RankSet& among = part.steps.forward.front().queriesOf;
    part.rules.firstHead += among.placeOf(part.group.rank()) * packing.heads[Q].count;
    return part;
}

// This rank's heads of the group's tokens.
QueryKeyValue bringHere(const RankPart& part, const Packing& packing, const QueryKeyValue& input) {
    const Step& step = part.steps.forward.front();
    const std::array given{input.q, input.k, input.v};
    std::array<at::Tensor, inputs> here;
    for (const Parcel& parcel : parcelsOf(step, /*gradients=*/false)) {
        const std::vector<std::int64_t> sizes = packing.sizes(parcel, input.q);
        at::Tensor received = at::empty(sizes, input.q.options());
        const PooledTensor sent = part.pool.take(sizes, input.q.options());
        for (const Input each : parcel.tensors)
            pack(packing.headsOf(sent.tensor(), parcel, each), packing.heads[each].copies,
                 given[each]);
        exchange(part.group, step, parcel.payload, received, sent.tensor());
        for (const Input each : parcel.tensors)
            here[each] = groupsTokens(packing.headsOf(received, parcel, each));
    }
    return {here[Q], here[K], here[V]};
}

// The gradients of all heads of this rank's tokens, from those of its heads of the group's tokens.
AttentionGradients bringBack(const RankPart& part, const Packing& packing,
                             const AttentionGradients& here, const at::TensorOptions& options) {
    const Step& step = part.steps.backward.back();
    const std::array given{here.q, here.k, here.v};
    std::array<at::Tensor, inputs> back;
    for (const Parcel& parcel : parcelsOf(step, /*gradients=*/true)) {
        const std::vector<std::int64_t> sizes = packing.sizes(parcel, here.q);
        const PooledTensor sent = part.pool.take(sizes, options);
        PooledTensor received = part.pool.take(sizes, options);
        for (const Input each : parcel.tensors)
            groupsTokens(packing.headsOf(sent.tensor(), parcel, each)).copy_(given[each]);
        exchange(part.group, step, parcel.payload, received.tensor(), sent.tensor());
        for (const Input each : parcel.tensors)
            back[each] = unpack(packing.headsOf(received.tensor(), parcel, each),
                                packing.heads[each].copies);
    }
    return {back[Q], back[K], back[V]};
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
    const Packing packing(part, input.q.size(1), input.q.size(2), input.k.size(2));
    const QueryKeyValue here = bringHere(part, packing, input);
    const BlockOutput output = attendHere(ofHeadsHere(part, packing), here);

    const std::vector<std::int64_t> sizes = packing.sizes(packing.heads[Q].count, input.q);
    const PooledTensor sent = part.pool.take(sizes, input.q.options());
    PooledTensor returned = part.pool.take(sizes, input.q.options());
    groupsTokens(sent.tensor()).copy_(output.out);
    exchange(part.group, part.steps.forward.back(), Payload::Output, returned.tensor(),
             sent.tensor());
    return {unpack(returned.tensor(), packing.heads[Q].copies),
            {{here.q, here.k, here.v, output.out, output.lse}, input.k.size(2)},
            output.lse};
}

AttentionGradients allToAllBackward(const RankPart& part, const SavedAttention& saved,
                                    const at::Tensor& dOut) {
    const QueryKeyValue here{saved.tensors[0], saved.tensors[1], saved.tensors[2]};
    const BlockOutput whole{saved.tensors[3], saved.tensors[4]};
    const Packing packing(part, dOut.size(1), dOut.size(2), saved.kvHeads);

    const std::vector<std::int64_t> sizes = packing.sizes(packing.heads[Q].count, dOut);
    PooledTensor dOutHere = part.pool.take(sizes, dOut.options());
    {
        const PooledTensor sent = part.pool.take(sizes, dOut.options());
        pack(sent.tensor(), packing.heads[Q].copies, dOut);
        exchange(part.group, part.steps.backward.front(), Payload::OutputGrad, dOutHere.tensor(),
                 sent.tensor());
    }
    const AttentionGradients gradients =
        gradientsHere(ofHeadsHere(part, packing), here, whole, groupsTokens(dOutHere.tensor()));
    return bringBack(part, packing, gradients, dOut.options());
}

}  // namespace ringscope
