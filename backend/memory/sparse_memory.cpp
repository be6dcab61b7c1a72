// As kernels/attention/{compression,sparse_attention}.
#include "backend/memory/attention_part.h"
#include "backend/plan/key_choices.h"
#include "backend/plan/native_sparse.h"

#include <algorithm>

namespace ringscope {
namespace {

constexpr std::int64_t scoresAtOnce = std::int64_t{1} << 20;

// Of keys, or of values, of all tokens.
class CompressionMemory {
public:
    CompressionMemory(RankWriter& writer, const BlockSizes& sizes)
        : writer_(writer),
          nsa_(writer.model().nsa),
          columns_(sizes.columns),
          rows_(sizes.batch * compressedBlocks(nsa_, sizes.keys) * sizes.kvHeads) {}

    Held forward() const {
        if (rows_ == 0) return {};
        const Held rows = rowsOfBlocks();
        const Held up = writer_.widened(columns_ * nsa_.block * columns_);
        const Held inner = writer_.sums(rows_ * columns_);
        const Held active = writer_.sums(rows_ * columns_);
        const Held down = writer_.widened(columns_ * columns_);
        Held out = writer_.sums(rows_ * columns_);
        return writer_.hasTwoBytes() ? writer_.elements(rows_ * columns_) : out;
    }

    void backward() const {
        const Held up = writer_.widened(columns_ * nsa_.block * columns_);
        const Held rows = rowsOfBlocks();
        const Held inner = writer_.sums(rows_ * columns_);
        {
            const Held active = writer_.sums(rows_ * columns_);
            const Held dDown = writer_.sums(columns_ * columns_);
        }
        Held dInner;
        {
            const Held down = writer_.widened(columns_ * columns_);
            const Held dActive = writer_.sums(rows_ * columns_);
            dInner = writer_.sums(rows_ * columns_);
        }
        { const Held dUp = writer_.sums(columns_ * nsa_.block * columns_); }
        const Held dRows = writer_.sums(rows_ * nsa_.block * columns_);
        const Held ofStride = writer_.sums(rows_ * nsa_.stride * columns_);
    }

private:
    Held rowsOfBlocks() const {
        const Held wide = writer_.widened(rows_ * nsa_.block * columns_);
        return writer_.sums(rows_ * nsa_.block * columns_);
    }

    RankWriter& writer_;
    const NsaConfig& nsa_;
    std::int64_t columns_;
    std::int64_t rows_;
};

// Of the rows of one block, where all compressed blocks are seen.
void scoreRows(RankWriter& writer, const BlockSizes& sizes) {
    const NsaConfig& nsa = writer.model().nsa;
    const std::int64_t seen = compressedBlocks(nsa, sizes.keys);
    const std::int64_t atOnce = scoresAtOnce / (sizes.batch * sizes.heads * seen);
    BlockSizes some = sizes;
    some.queries = std::min({sizes.queries, nsa.selectBlock, std::max<std::int64_t>(1, atOnce)});
    const Held wide = writer.numbers(some.queryNumbers());
    const Held queries = writer.numbers(some.queryNumbers());
    const Held products = writer.numbers(some.lseNumbers() * seen);
    const Held scores = writer.numbers(some.lseNumbers() * seen);
    const Held weights = writer.numbers(some.lseNumbers() * seen);
}

Held selectBlocks(RankWriter& writer, const BlockSizes& sizes) {
    if (!choosesKeys(writer.pattern())) return {};
    const std::int64_t keys = sizes.batch * compressedBlocks(writer.model().nsa, sizes.keys) *
                              sizes.kvHeads * sizes.columns;
    Held wide;
    {
        const Held plain = writer.numbers(keys);
        wide = writer.numbers(keys);
    }
    Held chosen = writer.singles(sizes.lseNumbers() * writer.pattern()->chosenBlocks());
    scoreRows(writer, sizes);
    return chosen;
}

BlockSizes ofBranch(BlockSizes sizes, SparseBranch branch, const NsaConfig& nsa) {
    if (branch == SparseBranch::Compressed) sizes.keys = compressedBlocks(nsa, sizes.keys);
    return sizes;
}

BlockSizes ofRows(BlockSizes sizes, TokenSpan rows) {
    sizes.queries = rows.size();
    return sizes;
}

}  // namespace

LocalOutputMemory sparseForward(const AttentionPartMemory& part, const Step& step,
                                const BlockSizes& sizes, const Held& gates) {
    RankWriter& writer = part.writer;
    const NsaConfig& nsa = writer.model().nsa;
    const CompressionMemory compression(writer, sizes);
    const Held keys = compression.forward();
    const Held values = compression.forward();
    LocalOutputMemory all{.kept = {gates, selectBlocks(writer, sizes)}};
    const BlockSizes own = ofRows(sizes, queryRows(step));
    const Held sum = writer.sums(own.queryNumbers());
    for (const SparseBranch which : allSparseBranches) {
        const Step branch = stepOfBranch(which, nsa, step, part.schedule.owned, part.schedule.mask);
        if (branch.blocks.empty()) continue;
        const OutputMemory output = localForward(writer, branch, ofBranch(sizes, which, nsa), {});
        const BlockSizes seeing = ofRows(sizes, queryRows(branch));
        const Held wide = writer.widened(seeing.queryNumbers());
        const Held gate = writer.widened(seeing.lseNumbers());
        all.kept.push_back(output.out);
        all.kept.push_back(output.lse);
        if (which == SparseBranch::Selected) all.whole.lse = output.lse;
    }
    all.whole.out = writer.hasTwoBytes() ? writer.elements(own.queryNumbers()) : sum;
    return all;
}

AttentionGradientMemory sparseBackward(const AttentionPartMemory& part, const Step& step,
                                       const BlockSizes& sizes) {
    RankWriter& writer = part.writer;
    const NsaConfig& nsa = writer.model().nsa;
    const CompressionMemory compression(writer, sizes);
    const Held keys = compression.forward();
    const Held values = compression.forward();
    const BlockSizes own = ofRows(sizes, queryRows(step));
    const Held dq = writer.sums(own.queryNumbers());
    AttentionGradientMemory sums{.k = writer.sums(sizes.keyNumbers()),
                                 .v = writer.sums(sizes.keyNumbers()),
                                 .gates = writer.elements(sparseBranches * sizes.lseNumbers())};
    for (const SparseBranch which : allSparseBranches) {
        const Step branch = stepOfBranch(which, nsa, step, part.schedule.owned, part.schedule.mask);
        if (branch.blocks.empty()) continue;
        const BlockSizes seeing = ofRows(sizes, queryRows(branch));
        const Held wide = writer.widened(seeing.queryNumbers());
        {
            const Held out = writer.widened(seeing.queryNumbers());
            const Held products = writer.sums(seeing.queryNumbers());
            const Held sum = writer.sums(seeing.lseNumbers());
        }
        Held weighted;
        {
            const Held gate = writer.widened(seeing.lseNumbers());
            const Held product = writer.sums(seeing.queryNumbers());
            weighted = writer.hasTwoBytes() ? writer.elements(seeing.queryNumbers()) : product;
        }
        const AttentionGradientMemory gradients =
            localBackward(writer, branch, ofBranch(sizes, which, nsa));
        if (which != SparseBranch::Compressed) continue;
        compression.backward();
        compression.backward();
    }
    sums.q = writer.hasTwoBytes() ? writer.elements(own.queryNumbers()) : dq;
    return sums;
}

}  // namespace ringscope
