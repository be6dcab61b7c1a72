#include "backend/memory/executors.h"

#include "backend/memory/head_exchange_memory.h"

#include <utility>

namespace ringscope {
namespace {

// Gradients that stay on this rank, rounded to the elements' type.
AttentionGradientMemory rounded(const AttentionPartMemory& part, AttentionGradientMemory sums) {
    if (!part.writer.hasTwoBytes()) return sums;
    Held k = part.writer.elements(part.sizes.keyNumbers());
    Held v = part.writer.elements(part.sizes.keyNumbers());
    return {std::move(sums.q), std::move(k), std::move(v), std::move(sums.gates)};
}

// Of what travelled: k and v are parts of one tensor.
AttentionGradientMemory ofTravelling(const AttentionPartMemory& part, Held dq, Held own) {
    const Held home =
        part.writer.hasTwoBytes() ? part.writer.elements(part.ownNumbers()) : std::move(own);
    return {std::move(dq), home, part.latent() ? Held{} : home};
}

Held travellingKeys(const AttentionPartMemory& part, const AttentionInput& input) {
    return part.latent() ? input.k : part.writer.elements(part.ownNumbers());
}

// Steps that attend for the same heads.
struct HeadStepsMemory {
    const Step& first;
    const Step& last;
    bool isRing() const { return &first != &last; }
};
std::vector<HeadStepsMemory> byHeads(const std::vector<Step>& pass) {
    if (pass.size() > 1 && pass[0].heads == pass[1].heads) return {{pass.front(), pass.back()}};
    std::vector<HeadStepsMemory> groups;
    for (const Step& step : pass) groups.push_back({step, step});
    return groups;
}

Held stackedKeys(RankWriter& writer, const BlockSizes& sizes) {
    return writer.elements(2 * sizes.keyNumbers());
}

}  // namespace

AttentionOutputMemory fullForwardMemory(const AttentionPartMemory& part,
                                        const AttentionInput& input) {
    const LocalOutputMemory output =
        attendLocally(part, part.steps.forward.front(), part.sizes, input.gates);
    AttentionOutputMemory all{output.whole.out, {{input.q, input.k, input.v}}};
    appendLocalOutput(output, all.saved.tensors);
    return all;
}

AttentionGradientMemory fullBackwardMemory(const AttentionPartMemory& part,
                                           const SavedAttentionMemory& /*saved*/) {
    return rounded(part, gradientsLocally(part, part.steps.backward.front(), part.sizes));
}

AttentionOutputMemory ringForwardMemory(const AttentionPartMemory& part,
                                        const AttentionInput& input) {
    const Held own = travellingKeys(part, input);
    const Held choice = chooseAround(part, part.sizes);
    const OutputMemory whole = attendAround(part, part.sizes, own);
    AttentionOutputMemory all{whole.out, {{input.q, own}}};
    appendOutput(whole, all.saved.tensors);
    appendChoice(choice, all.saved.tensors);
    return all;
}

AttentionGradientMemory ringBackwardMemory(const AttentionPartMemory& part,
                                           const SavedAttentionMemory& saved) {
    TravelGradientMemory sums = gradientsAround(part, part.sizes, saved.tensors[1]);
    return ofTravelling(part, std::move(sums.q), std::move(sums.own));
}

AttentionOutputMemory allToAllForwardMemory(const AttentionPartMemory& part,
                                            const AttentionInput& /*input*/) {
    HeadExchangeMemory exchange(part, part.steps.forward);
    AttentionOutputMemory all;
    for (const HeadStepsMemory& steps : byHeads(part.steps.forward)) {
        const HeadMemory here = exchange.receive(steps.first);
        const BlockSizes sizes = exchange.sizesOf(steps.first);
        const LocalOutputMemory output = [&]() -> LocalOutputMemory {
            if (!steps.isRing()) return attendLocally(part, steps.first, sizes, here[3]);
            const Held choice = chooseAround(part, sizes);
            LocalOutputMemory around{attendAround(part, sizes, stackedKeys(part.writer, sizes))};
            appendChoice(choice, around.kept);
            return around;
        }();
        exchange.sendBack(steps.last);
        for (const Held& tensor : {here[0], here[1], here[2]}) all.saved.tensors.push_back(tensor);
        appendLocalOutput(output, all.saved.tensors);
    }
    all.out = exchange.returned()[0];
    return all;
}

AttentionGradientMemory allToAllBackwardMemory(const AttentionPartMemory& part,
                                               const SavedAttentionMemory& /*saved*/) {
    HeadExchangeMemory exchange(part, part.steps.backward);
    for (const HeadStepsMemory& steps : byHeads(part.steps.backward)) {
        const HeadMemory here = exchange.receive(steps.first);
        const BlockSizes sizes = exchange.sizesOf(steps.first);
        const AttentionGradientMemory gradients = [&]() -> AttentionGradientMemory {
            if (!steps.isRing()) return gradientsLocally(part, steps.first, sizes);
            const TravelGradientMemory sums =
                gradientsAround(part, sizes, stackedKeys(part.writer, sizes));
            return {sums.q, sums.own, sums.own};
        }();
        exchange.sendBack(steps.last);
    }
    const HeadMemory& back = exchange.returned();
    return {back[0], back[1], back[2], back[3]};
}

AttentionOutputMemory allGatherForwardMemory(const AttentionPartMemory& part,
                                             const AttentionInput& input) {
    RankWriter& writer = part.writer;
    const Step& step = part.steps.forward.front();
    const LocalOutputMemory output = attendLocally(part, step, part.sizes, input.gates);
    const OutputMemory& share = output.whole;
    const std::int64_t shareNumbers = share.out.bytes() / writer.elementBytes();
    const Pooled gathered = part.pool.take(part.ranks() * shareNumbers, writer.elementBytes());
    { const Held copy = writer.gathersCopy(part.ranks() * shareNumbers * writer.elementBytes()); }
    AttentionOutputMemory all{writer.elements(part.sizes.queryNumbers()),
                              {{input.q, input.k, input.v}}};
    appendLocalOutput(output, all.saved.tensors);
    return all;
}

AttentionGradientMemory allGatherBackwardMemory(const AttentionPartMemory& part,
                                                const SavedAttentionMemory& saved) {
    RankWriter& writer = part.writer;
    const std::int64_t shareNumbers = saved.tensors[3].bytes() / writer.elementBytes();
    const Pooled dShare = part.pool.take(shareNumbers, writer.elementBytes());
    {
        const Pooled parts = part.pool.take(part.ranks() * shareNumbers, writer.elementBytes());
        if (part.ranks() > 1) {
            const Held slices = writer.elements(part.ranks() * shareNumbers);
            const Held sum = writer.widened(shareNumbers);
        }
    }
    const AttentionGradientMemory gradients =
        gradientsLocally(part, part.steps.backward.front(), part.sizes);
    const Held dq = writer.elements(part.sizes.queryNumbers());
    AttentionGradientMemory all = rounded(part, gradients);
    all.q = dq;
    return all;
}

}  // namespace ringscope
