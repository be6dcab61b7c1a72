#include "kernels/attention/local_attention.h"

#include <algorithm>
#include <stdexcept>

namespace ringscope {

BlockInput blockOf(const Block& block, const QueryKeyValue& tensors, const ScoreRules& rules) {
    const std::int64_t each = tensors.q.size(2) / tensors.k.size(2);
    BlockInput input{.q = rowsOf(tensors.q, queriesOf(block, each)),
                     .k = rowsOf(tensors.k, keysOf(block)),
                     .v = rowsOf(tensors.v, keysOf(block)),
                     .mask = block.mask,
                     .rules = rules,
                     .queryTokens = block.queryTokens,
                     .keyTokens = block.keyTokens};
    input.rules.firstHead += block.heads.begin * each;
    return input;
}

BlockOutput outputOfRows(RowOutputs& output, at::ScalarType type, const ScoreRules& rules,
                         const Sinks& sinks) {
    BlockOutput whole = output.takeSum();
    applySinks(sinks, rules.firstHead, whole);
    whole.out = whole.out.to(type);
    return whole;
}

void addBlocks(const std::vector<Block>& blocks, const QueryKeyValue& tensors,
               const ScoreRules& rules, const TokenSpan& rows, const KeyChoice& choice,
               RowOutputs& output) {
    for (Block block : blocks) {
        if (block.chosen) {
            choice.addOutput(block, tensors, rules, rows.begin, output.sum());
            continue;
        }
        BlockOutput part = blockForward(blockOf(block, tensors, rules));
        block.queries = relativeTo(rows, block.queries);
        output.add(block, std::move(part));
    }
}

BlockOutput localForward(const Step& step, const QueryKeyValue& tensors, const ScoreRules& rules,
                         const Sinks& sinks, const std::vector<std::int64_t>& apart,
                         const KeyChoice& choice) {
    const TokenSpan rows = queryRows(step);
    RowOutputs output(rowsOf(tensors.q, rows), tensors.q.size(2) / tensors.k.size(2), apart);
    addBlocks(step.blocks, tensors, rules, rows, choice, output);
    return outputOfRows(output, tensors.q.scalar_type(), rules, sinks);
}

AttentionGradients localBackward(const Step& step, const QueryKeyValue& tensors,
                                 const BlockOutput& whole, const at::Tensor& dOut,
                                 const ScoreRules& rules, const Sinks& sinks,
                                 const std::vector<std::int64_t>& apart, const KeyChoice& choice) {
    addSinkGradients(sinks, rules.firstHead, whole, dOut);
    const TokenSpan rows = queryRows(step);
    const std::int64_t each = tensors.q.size(2) / tensors.k.size(2);
    const BlockGradients sums{emptySum(rowsOf(tensors.q, rows)), emptySum(tensors.k),
                              emptySum(tensors.v)};
    for (Block block : step.blocks) {
        if (block.chosen) {
            choice.addGradients(block, tensors, rules, rows.begin, whole, dOut, sums);
            continue;
        }
        const BlockInput input = blockOf(block, tensors, rules);
        block.queries = relativeTo(rows, block.queries);
        const RowPart queries = queriesOf(block, each);
        addBlockGradients(input, wholeOf(whole, block, each, apart), rowsOf(dOut, queries),
                          {rowsOf(sums.q, queries), rowsOf(sums.k, keysOf(block)),
                           rowsOf(sums.v, keysOf(block))});
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
