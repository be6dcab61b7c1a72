// An all-to-all turns a share of the tokens with all heads into all tokens of a group of ranks with
// a share of the heads; attention is local, or goes round a ring of such groups; a second
// all-to-all turns its output back.
#include "kernels/attention/head_exchange.h"
#include "kernels/attention/local_attention.h"
#include "kernels/attention/ring_attention.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>

namespace ringscope {
namespace {

// q, k, v of a group of heads; then what LocalOutput has
constexpr std::size_t inputsOfGroup = 3;

// Steps that attend for the same heads: all steps of a ring, or a single step.
struct HeadSteps {
    const Step& first;
    const Step& last;
    bool isRing() const { return &first != &last; }
};

std::vector<HeadSteps> stepsByHeads(const std::vector<Step>& pass) {
    if (pass.size() > 1 && pass[0].heads == pass[1].heads) return {{pass.front(), pass.back()}};
    std::vector<HeadSteps> groups;
    for (const Step& step : pass) groups.push_back({step, step});
    return groups;
}

// The part with the rules for the heads that it attends for.
RankPart ofHeadsHere(RankPart part, const HeadExchange& exchange, const HeadSteps& steps) {
    part.rules.firstHead += exchange.firstHead(steps.first);
    return part;
}

LocalOutput attendHere(const RankPart& part, const HeadSteps& steps, const HeadTensors& here) {
    if (!steps.isRing())
        return attendLocally(part, steps.first, {here[Q], here[K], here[V], here[G]});
    const KeyChoice choice = chooseAround(part, here[Q], here[K]);
    LocalOutput output{attendAround(part, here[Q], at::stack({here[K], here[V]}), choice)};
    appendChoice(choice, output.kept);
    return output;
}

AttentionGradients gradientsHere(const RankPart& part, const HeadSteps& steps,
                                 const QueryKeyValue& here, const LocalOutput& output,
                                 const at::Tensor& dOut) {
    if (!steps.isRing()) return gradientsLocally(part, steps.first, here, output, dOut);
    const TravelGradients sums =
        gradientsAround(part, here.q, at::stack({here.k, here.v}), output.whole, dOut,
                        choiceAt(part, output.kept, 0));
    return {sums.q, sums.own[0], sums.own[1]};
}

}  // namespace

AttentionOutput allToAllForward(const RankPart& part, const QueryKeyValue& input) {
    const std::vector<Step>& pass = part.steps.forward;
    const HeadCounts counts{input.q.size(2), input.k.size(2)};
    HeadExchange exchange(part, pass, counts, {input.q, input.k, input.v, input.gates});
    SavedAttention saved{.tensors = {}, .kvHeads = counts.keyValue};
    std::vector<at::Tensor> sums;
    for (const HeadSteps& steps : stepsByHeads(pass)) {
        const HeadTensors here = exchange.receive(steps.first);
        const LocalOutput output = attendHere(ofHeadsHere(part, exchange, steps), steps, here);
        exchange.sendBack(steps.last, {output.whole.out});
        for (const at::Tensor& tensor : {here[Q], here[K], here[V]})
            saved.tensors.push_back(tensor);
        appendLocalOutput(output, saved.tensors);
        sums.push_back(output.whole.lse);
    }
    at::Tensor lse = sums.size() == 1 ? sums.front() : at::cat(sums, 2);
    return {exchange.returned()[Q], std::move(saved), std::move(lse)};
}

AttentionGradients allToAllBackward(const RankPart& part, const SavedAttention& saved,
                                    const at::Tensor& dOut) {
    const std::vector<Step>& pass = part.steps.backward;
    HeadExchange exchange(part, pass, {dOut.size(2), saved.kvHeads}, {dOut});
    const std::size_t each = saved.tensors.size() / stepsByHeads(pass).size();
    std::size_t first = 0;
    for (const HeadSteps& steps : stepsByHeads(pass)) {
        const HeadTensors here = exchange.receive(steps.first);
        const AttentionGradients gradients = gradientsHere(
            ofHeadsHere(part, exchange, steps), steps,
            {saved.tensors[first], saved.tensors[first + 1], saved.tensors[first + 2]},
            localOutputAt(part, saved.tensors, first + inputsOfGroup), here[Q]);
        exchange.sendBack(steps.last, {gradients.q, gradients.k, gradients.v, gradients.gates});
        first += each;
    }
    const HeadTensors& back = exchange.returned();
    return {back[Q], back[K], back[V], back[G]};
}

}  // namespace ringscope
