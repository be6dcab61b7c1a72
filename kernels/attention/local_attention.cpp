#include "kernels/attention/local_attention.h"

#include <algorithm>
#include <stdexcept>

namespace ringscope {

BlockInput blockOf(const Block& block, const QueryKeyValue& tensors, const ScoreRules& rules) {
    return {.q = rowsOf(tensors.q, block.queries),
            .k = rowsOf(tensors.k, block.keys),
            .v = rowsOf(tensors.v, block.keys),
            .mask = block.mask,
            .rules = rules,
            .queryTokens = block.queryTokens,
            .keyTokens = block.keyTokens};
}

BlockOutput outputOfRows(PartialOutput& output, at::ScalarType type, const ScoreRules& rules,
                         const Sinks& sinks) {
    BlockOutput whole = output.takeSum();
    applySinks(sinks, rules.firstHead, whole);
    whole.out = whole.out.to(type);
    return whole;
}

BlockOutput localForward(const Step& step, const QueryKeyValue& tensors, const ScoreRules& rules,
                         const Sinks& sinks) {
    const TokenSpan rows = queryRows(step);
    PartialOutput output(rowsOf(tensors.q, rows));
    for (const Block& block : step.blocks)
        output.add(relativeTo(rows, block.queries), blockForward(blockOf(block, tensors, rules)));
    return outputOfRows(output, tensors.q.scalar_type(), rules, sinks);
}

AttentionGradients localBackward(const Step& step, const QueryKeyValue& tensors,
                                 const BlockOutput& whole, const at::Tensor& dOut,
                                 const ScoreRules& rules, const Sinks& sinks) {
    addSinkGradients(sinks, rules.firstHead, whole, dOut);
    const TokenSpan rows = queryRows(step);
    const BlockGradients sums{emptySum(rowsOf(tensors.q, rows)), emptySum(tensors.k),
                              emptySum(tensors.v)};
    for (const Block& block : step.blocks) {
        const TokenSpan queries = relativeTo(rows, block.queries);
        addBlockGradients(
            blockOf(block, tensors, rules),
            {rowsOf(whole.out, queries), rowsOf(whole.lse, queries)}, rowsOf(dOut, queries),
            {rowsOf(sums.q, queries), rowsOf(sums.k, block.keys), rowsOf(sums.v, block.keys)});
    }
    return {sums.q.to(tensors.q.scalar_type()), sums.k, sums.v};
}

const Step& onlyStep(const std::vector<Step>& pass) {
    if (pass.size() != 1)
        throw std::logic_error("a pass of one step was expected; the schedule has " +
                               std::to_string(pass.size()));
    return pass.front();
}

}  // namespace ringscope
