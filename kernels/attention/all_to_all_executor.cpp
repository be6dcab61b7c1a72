// An all-to-all turns a share of the tokens with all heads into all tokens of a group of ranks with
// a share of the heads; attention is local, or goes round a ring of such groups; a second one turns
// its output back.
#include "kernels/attention/head_exchange.h"
#include "kernels/attention/local_attention.h"
#include "kernels/attention/ring_attention.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>

namespace ringscope {
namespace {

constexpr std::size_t savedOfTurn = 5;  // q, k, v, out, lse of the heads of a turn

// Steps that attend for the same heads: those of a ring all together, others one by one.
struct Turn {
    const Step& first;
    const Step& last;
    bool isRing() const { return &first != &last; }
};

std::vector<Turn> turnsOf(const std::vector<Step>& pass) {
    if (pass.size() > 1 && pass[0].heads == pass[1].heads) return {{pass.front(), pass.back()}};
    std::vector<Turn> turns;
    for (const Step& step : pass) turns.push_back({step, step});
    return turns;
}

// The part with the rules for the heads that it attends for.
RankPart ofHeadsHere(RankPart part, const HeadExchange& exchange, const Turn& turn) {
    part.rules.firstHead += exchange.firstHead(turn.first);
    return part;
}

BlockOutput attendHere(const RankPart& part, const Turn& turn, const HeadTensors& here) {
    if (turn.isRing()) return attendAround(part, here[Q], at::stack({here[K], here[V]}));
    return localForward(turn.first, {here[Q], here[K], here[V]}, part.rules);
}

AttentionGradients gradientsHere(const RankPart& part, const Turn& turn, const QueryKeyValue& here,
                                 const BlockOutput& whole, const at::Tensor& dOut) {
    if (turn.isRing())
        return gradientsAround(part, here.q, at::stack({here.k, here.v}), whole, dOut);
    return localBackward(turn.first, here, whole, dOut, part.rules);
}

}  // namespace

AttentionOutput allToAllForward(const RankPart& part, const QueryKeyValue& input) {
    const std::vector<Step>& pass = part.steps.forward;
    const HeadCounts counts{input.q.size(2), input.k.size(2)};
    HeadExchange exchange(part, pass, counts, {input.q, input.k, input.v});
    SavedAttention saved{.tensors = {}, .kvHeads = counts.keyValue};
    std::vector<at::Tensor> sums;
    for (const Turn& turn : turnsOf(pass)) {
        const HeadTensors here = exchange.bring(turn.first);
        const BlockOutput output = attendHere(ofHeadsHere(part, exchange, turn), turn, here);
        exchange.sendBack(turn.last, {output.out});
        for (const at::Tensor& tensor : {here[Q], here[K], here[V], output.out, output.lse})
            saved.tensors.push_back(tensor);
        sums.push_back(output.lse);
    }
    at::Tensor lse = sums.size() == 1 ? sums.front() : at::cat(sums, 2);
    return {exchange.returned()[Q], std::move(saved), std::move(lse)};
}

AttentionGradients allToAllBackward(const RankPart& part, const SavedAttention& saved,
                                    const at::Tensor& dOut) {
    const std::vector<Step>& pass = part.steps.backward;
    HeadExchange exchange(part, pass, {dOut.size(2), saved.kvHeads}, {dOut});
    auto tensors = saved.tensors.begin();
    for (const Turn& turn : turnsOf(pass)) {
        const HeadTensors here = exchange.bring(turn.first);
        const AttentionGradients gradients =
            gradientsHere(ofHeadsHere(part, exchange, turn), turn,
                          {tensors[0], tensors[1], tensors[2]}, {tensors[3], tensors[4]}, here[Q]);
        exchange.sendBack(turn.last, {gradients.q, gradients.k, gradients.v});
        tensors += savedOfTurn;
    }
    const HeadTensors& back = exchange.returned();
    return {back[Q], back[K], back[V]};
}

}  // namespace ringscope
