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

TokenSpan queryRows(const Step& step) {
    if (step.blocks.empty()) return {};
    TokenSpan rows = step.blocks.front().queries;
    for (const Block& block : step.blocks) {
        rows.begin = std::min(rows.begin, block.queries.begin);
        rows.end = std::max(rows.end, block.queries.end);
    }
    return rows;
}

BlockOutput localForward(const Step& step, const QueryKeyValue& tensors, const ScoreRules& rules) {
    const TokenSpan rows = queryRows(step);
    PartialOutput output(rowsOf(tensors.q, rows));
    for (const Block& block : step.blocks)
        output.add(relativeTo(rows, block.queries), blockForward(blockOf(block, tensors, rules)));
    return output.take();
}

AttentionGradients localBackward(const Step& step, const QueryKeyValue& tensors,
                                 const BlockOutput& whole, const at::Tensor& dOut,
                                 const ScoreRules& rules) {
    const TokenSpan rows = queryRows(step);
    RowSum dq(rowsOf(tensors.q, rows));
    RowSum dk(tensors.k);
    RowSum dv(tensors.v);
    for (const Block& block : step.blocks) {
        const TokenSpan queries = relativeTo(rows, block.queries);
        const BlockGradients part = blockBackward(
            blockOf(block, tensors, rules),
            {rowsOf(whole.out, queries), rowsOf(whole.lse, queries)}, rowsOf(dOut, queries));
        dq.add(queries, part.q);
        dk.add(block.keys, part.k);
        dv.add(block.keys, part.v);
    }
    return {dq.take(), dk.takeSum(), dv.takeSum()};
}

const Step& onlyStep(const std::vector<Step>& pass) {
    if (pass.size() != 1)
        throw std::logic_error("a pass of one step was expected; the schedule has " +
                               std::to_string(pass.size()));
    return pass.front();
}

}  // namespace ringscope
