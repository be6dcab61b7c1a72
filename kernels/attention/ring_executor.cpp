// Keys and values go round the ring while each rank's queries stay where they are. Used by every
// mode whose schedule sends KV from rank to rank.
#include "kernels/attention/local_attention.h"
#include "kernels/attention/ring_attention.h"
#include "kernels/attention/ring_journey.h"

namespace ringscope {
namespace {

// The keys that a step's blocks meet, and where they are among the rows of the step's keys.
struct MetKeys {
    TokenSpan rows{};
    at::Tensor travelling{};
    QueryKeyValue tensors{};

    // Of `block`, with rows among these keys.
    Block relative(Block block) const {
        block.keys = relativeTo(rows, block.keys);
        return block;
    }
    BlockInput input(const Block& block, const ScoreRules& rules) const {
        return blockOf(relative(block), tensors, rules);
    }
};

MetKeys metKeys(const RankPart& part, const Step& step, const RingJourney& journey,
                const at::Tensor& q) {
    if (step.blocks.empty()) return {};
    const TokenSpan rows = keyRows(step);
    MetKeys met{.rows = rows, .travelling = journey.keys(rows)};
    const auto [keys, values] = keysOf(part, met.travelling, step.heads);
    met.tensors = {q, keys, values};
    return met;
}

// Query heads that share a head of the keys.
std::int64_t queryHeadsEach(const RankPart& part, const at::Tensor& q, const at::Tensor& own) {
    return q.size(2) / (part.expand == nullptr ? own.size(3) : part.keyHeads);
}

}  // namespace

BlockOutput attendAround(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                         const KeyChoice& choice) {
    RingJourney journey(part.group, part.pool, own);
    const std::vector<std::int64_t> apart = branchSteps(part.steps);
    RowOutputs output(q, queryHeadsEach(part, q, own), apart);
    for (const Step& step : part.steps.forward) {
        journey.beginStep(step);
        const MetKeys met = metKeys(part, step, journey, q);
        for (const Block& block : step.blocks) {
            if (block.chosen)
                choice.addOutput(met.relative(block), met.tensors, part.rules, 0, output.sum());
            else
                output.add(block, blockForward(met.input(block, part.rules)));
        }
        journey.endStep(step, {});
    }
    journey.finish();
    return outputOfRows(output, q.scalar_type(), part.rules, part.sinks);
}

TravelGradients gradientsAround(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                                const BlockOutput& whole, const at::Tensor& dOut,
                                const KeyChoice& choice) {
    addSinkGradients(part.sinks, part.rules.firstHead, whole, dOut);
    RingJourney journey(part.group, part.pool, own);
    const std::vector<std::int64_t> apart = branchSteps(part.steps);
    const std::int64_t each = queryHeadsEach(part, q, own);
    const at::Tensor dq = emptySum(q);
    for (const Step& step : part.steps.backward) {
        journey.beginStep(step);
        KeyGradients gradients;
        if (!step.blocks.empty()) {
            const MetKeys met = metKeys(part, step, journey, q);
            const at::Tensor sums = emptySum(met.tensors.k.expand({2, -1, -1, -1, -1}));
            for (const Block& block : step.blocks) {
                if (block.chosen) {
                    choice.addGradients(met.relative(block), met.tensors, part.rules, 0, whole,
                                        dOut, {dq, sums[0], sums[1]});
                    continue;
                }
                const RowPart queries = queriesOf(block, each);
                RowPart keys = keysOf(block);
                keys.rows = relativeTo(met.rows, keys.rows);
                addBlockGradients(
                    met.input(block, part.rules), wholeOf(whole, block, each, apart),
                    rowsOf(dOut, queries),
                    {rowsOf(dq, queries), rowsOf(sums[0], keys), rowsOf(sums[1], keys)});
            }
            gradients = {met.rows, travellingGradient(part, met.travelling, step.heads, sums)};
        }
        journey.endStep(step, gradients);
    }
    journey.finish();
    return {dq.to(q.scalar_type()), journey.gradients()};
}

AttentionOutput ringForward(const RankPart& part, const QueryKeyValue& input) {
    const at::Tensor own = travellingKeys(part, input);
    const KeyChoice choice = chooseAround(part, input.q, input.k);
    const BlockOutput whole = attendAround(part, input.q, own, choice);
    SavedAttention saved{{input.q, own}, keyHeads(part, input)};
    appendOutput(whole, saved.tensors);
    appendChoice(choice, saved.tensors);
    return {whole.out, std::move(saved), whole.lse};
}

AttentionGradients ringBackward(const RankPart& part, const SavedAttention& saved,
                                const at::Tensor& dOut) {
    const at::Tensor& q = saved.tensors[0];
    const auto branches = static_cast<std::size_t>(part.steps.branchesApart);
    const TravelGradients sums =
        gradientsAround(part, q, saved.tensors[1], outputAt(saved.tensors, 2, branches), dOut,
                        choiceAt(part, saved.tensors, 4 + branches));
    return ofInput(part, sums.q, sums.own, q.scalar_type());
}

}  // namespace ringscope
