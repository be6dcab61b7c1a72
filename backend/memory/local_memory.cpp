#include "backend/memory/attention_part.h"

#include <utility>

namespace ringscope {
namespace {

BlockSizes ofRows(BlockSizes sizes, TokenSpan queries, TokenSpan keys) {
    sizes.queries = queries.size();
    sizes.keys = keys.size();
    return sizes;
}

}  // namespace

void appendOutput(const OutputMemory& whole, std::vector<Held>& saved) {
    saved.push_back(whole.out);
    saved.push_back(whole.lse);
    saved.insert(saved.end(), whole.branches.begin(), whole.branches.end());
}

OutputMemory outputOfRows(RankWriter& writer, RowOutputsMemory& output, const BlockSizes& sizes) {
    OutputMemory whole = output.takeSum();
    if (writer.model().attentionSinks) {
        Held lse = writer.sums(sizes.lseNumbers());
        {
            const Held factors = writer.sums(2 * sizes.lseNumbers());
            whole.out = writer.sums(sizes.queryNumbers());
        }
        whole.lse = std::move(lse);
    }
    if (writer.hasTwoBytes()) whole.out = writer.elements(sizes.queryNumbers());
    return whole;
}

OutputMemory localForward(RankWriter& writer, const Step& step, const BlockSizes& sizes,
                          const std::vector<std::int64_t>& apart) {
    const TokenSpan rows = queryRows(step);
    const BlockSizes own = ofRows(sizes, rows, {});
    RowOutputsMemory output(writer, own, apart);
    for (Block block : step.blocks) {
        if (block.chosen) {
            output.begin();
            chosenForward(writer, sizes, block);
            continue;
        }
        const OutputMemory part = blockForward(writer, ofBlock(sizes, block));
        block.queries = {block.queries.begin - rows.begin, block.queries.end - rows.begin};
        output.add(block, part);
    }
    return outputOfRows(writer, output, own);
}

void sinkGradients(RankWriter& writer, const BlockSizes& sizes) {
    if (!writer.model().attentionSinks) return;
    const Held weights = writer.sums(sizes.lseNumbers());
    const Held out = writer.widened(sizes.queryNumbers());
    const Held dOut = writer.widened(sizes.queryNumbers());
    const Held products = writer.sums(sizes.queryNumbers());
    const Held sum = writer.sums(sizes.lseNumbers());
}

AttentionGradientMemory localBackward(RankWriter& writer, const Step& step, const BlockSizes& sizes,
                                      bool wholeHeads) {
    const TokenSpan rows = queryRows(step);
    const BlockSizes own = ofRows(sizes, rows, {0, sizes.keys});
    sinkGradients(writer, own);
    const Held q = writer.sums(own.queryNumbers());
    AttentionGradientMemory gradients{.k = writer.sums(own.keyNumbers()),
                                      .v = writer.sums(own.keyNumbers())};
    for (const Block& block : step.blocks) {
        if (block.chosen) {
            chosenBackward(writer, sizes, block);
            continue;
        }
        const bool wholeRows = isDense(block) && (block.queries == rows || sizes.batch == 1);
        addBlockGradients(writer, ofBlock(sizes, block), wholeHeads && wholeRows);
    }
    gradients.q = writer.hasTwoBytes() ? writer.elements(own.queryNumbers()) : q;
    return gradients;
}

LocalOutputMemory attendLocally(const AttentionPartMemory& part, const Step& step,
                                const BlockSizes& sizes, const Held& gates) {
    if (part.writer.model().attention == AttentionKind::Nsa)
        return sparseForward(part, step, sizes, gates);
    const Held choice = chooseAmong(part.writer, sizes);
    LocalOutputMemory output{localForward(part.writer, step, sizes, branchSteps(part.steps))};
    appendChoice(choice, output.kept);
    return output;
}

AttentionGradientMemory gradientsLocally(const AttentionPartMemory& part, const Step& step,
                                         const BlockSizes& sizes, bool wholeHeads) {
    if (part.writer.model().attention == AttentionKind::Nsa)
        return sparseBackward(part, step, sizes);
    return localBackward(part.writer, step, sizes, wholeHeads);
}

void appendLocalOutput(const LocalOutputMemory& output, std::vector<Held>& saved) {
    appendOutput(output.whole, saved);
    saved.insert(saved.end(), output.kept.begin(), output.kept.end());
}

}  // namespace ringscope
