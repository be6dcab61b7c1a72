#include "kernels/attention/local_attention.h"

#include "kernels/attention/sparse_attention.h"

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

LocalOutput attendLocally(const RankPart& part, const Step& step, const QueryKeyValue& tensors) {
    if (part.sparse != nullptr) return sparseForward(part, step, tensors);
    const KeyChoice choice = chooseAmong(part, step, tensors.q, tensors.k);
    LocalOutput output{
        localForward(step, tensors, part.rules, part.sinks, branchSteps(part.steps), choice)};
    appendChoice(choice, output.kept);
    return output;
}

AttentionGradients gradientsLocally(const RankPart& part, const Step& step,
                                    const QueryKeyValue& tensors, const LocalOutput& output,
                                    const at::Tensor& dOut) {
    if (part.sparse != nullptr) return sparseBackward(part, step, tensors, output.kept, dOut);
    return localBackward(step, tensors, output.whole, dOut, part.rules, part.sinks,
                         branchSteps(part.steps), choiceAt(part, output.kept, 0));
}

std::size_t keptLocally(const RankPart& part) {
    if (part.sparse != nullptr) return keptOfSparse;
    return choosesKeys(part) ? 1 : 0;
}

LocalOutput localOutputAt(const RankPart& part, const std::vector<at::Tensor>& saved,
                          std::size_t first) {
    const auto branches = static_cast<std::size_t>(part.steps.branchesApart);
    const auto begin = saved.begin() + static_cast<std::ptrdiff_t>(first + 2 + branches);
    return {outputAt(saved, first, branches),
            {begin, begin + static_cast<std::ptrdiff_t>(keptLocally(part))}};
}

void appendLocalOutput(const LocalOutput& output, std::vector<at::Tensor>& saved) {
    appendOutput(output.whole, saved);
    saved.insert(saved.end(), output.kept.begin(), output.kept.end());
}

const Step& onlyStep(const std::vector<Step>& pass) {
    if (pass.size() != 1)
        throw std::logic_error("a pass of one step was expected; the schedule has " +
                               std::to_string(pass.size()));
    return pass.front();
}

}  // namespace ringscope
