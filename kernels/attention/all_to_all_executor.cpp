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

// q, k, v, out, lse of a group of heads; then branches and the choice of keys
constexpr std::size_t savedOfGroup = 5;

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

KeyChoice chooseHere(const RankPart& part, const HeadSteps& steps, const HeadTensors& here) {
    return steps.isRing() ? chooseAround(part, here[Q], here[K])
                          : chooseAmong(part, steps.first, here[Q], here[K]);
}

BlockOutput attendHere(const RankPart& part, const HeadSteps& steps, const HeadTensors& here,
                       const KeyChoice& choice) {
    if (steps.isRing()) return attendAround(part, here[Q], at::stack({here[K], here[V]}), choice);
    return localForward(steps.first, {here[Q], here[K], here[V]}, part.rules, part.sinks,
                        branchSteps(part.steps), choice);
}

AttentionGradients gradientsHere(const RankPart& part, const HeadSteps& steps,
                                 const QueryKeyValue& here, const BlockOutput& whole,
                                 const at::Tensor& dOut, const KeyChoice& choice) {
    if (steps.isRing()) {
        const TravelGradients sums =
            gradientsAround(part, here.q, at::stack({here.k, here.v}), whole, dOut, choice);
        return {sums.q, sums.own[0], sums.own[1]};
    }
    return localBackward(steps.first, here, whole, dOut, part.rules, part.sinks,
                         branchSteps(part.steps), choice);
}

}  // namespace

AttentionOutput allToAllForward(const RankPart& part, const QueryKeyValue& input) {
    const std::vector<Step>& pass = part.steps.forward;
    const HeadCounts counts{input.q.size(2), input.k.size(2)};
    HeadExchange exchange(part, pass, counts, {input.q, input.k, input.v});
    SavedAttention saved{.tensors = {}, .kvHeads = counts.keyValue};
    std::vector<at::Tensor> sums;
    for (const HeadSteps& steps : stepsByHeads(pass)) {
        const HeadTensors here = exchange.receive(steps.first);
        const RankPart ofHeads = ofHeadsHere(part, exchange, steps);
        const KeyChoice choice = chooseHere(ofHeads, steps, here);
        const BlockOutput output = attendHere(ofHeads, steps, here, choice);
        exchange.sendBack(steps.last, {output.out});
        for (const at::Tensor& tensor : {here[Q], here[K], here[V]})
            saved.tensors.push_back(tensor);
        appendOutput(output, saved.tensors);
        appendChoice(choice, saved.tensors);
        sums.push_back(output.lse);
    }
    at::Tensor lse = sums.size() == 1 ? sums.front() : at::cat(sums, 2);
    return {exchange.returned()[Q], std::move(saved), std::move(lse)};
}

AttentionGradients allToAllBackward(const RankPart& part, const SavedAttention& saved,
                                    const at::Tensor& dOut) {
    const std::vector<Step>& pass = part.steps.backward;
    HeadExchange exchange(part, pass, {dOut.size(2), saved.kvHeads}, {dOut});
    const auto branches = static_cast<std::size_t>(part.steps.branchesApart);
    std::size_t first = 0;
    for (const HeadSteps& steps : stepsByHeads(pass)) {
        const HeadTensors here = exchange.receive(steps.first);
        const AttentionGradients gradients = gradientsHere(
            ofHeadsHere(part, exchange, steps), steps,
            {saved.tensors[first], saved.tensors[first + 1], saved.tensors[first + 2]},
            outputAt(saved.tensors, first + 3, branches), here[Q],
            choiceAt(part, saved.tensors, first + savedOfGroup + branches));
        exchange.sendBack(steps.last, {gradients.q, gradients.k, gradients.v});
        first += savedOfGroup + branches + (choosesKeys(part) ? 1 : 0);
    }
    const HeadTensors& back = exchange.returned();
    return {back[Q], back[K], back[V]};
}

}  // namespace ringscope
