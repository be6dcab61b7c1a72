#include "kernels/attention/sparse_attention.h"

#include "backend/plan/native_sparse.h"
#include "kernels/device/number_format.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ringscope {
namespace {

// Of its output among the kept tensors; lse is behind it.
std::size_t placeOf(SparseBranch branch) { return 1 + 2 * static_cast<std::size_t>(branch); }

// What a branch attends to and how: a step, and the rules and choices of its blocks.
struct BranchPass {
    SparseBranch which;
    Step step;
    AttentionMask mask;
    QueryKeyValue tensors;
    KeyChoice choice;

    ScoreRules rules(const RankPart& part) const {
        ScoreRules own = part.rules;
        own.mask = &mask;
        return own;
    }
};

QueryKeyValue compressedKeys(const SparseParts& sparse, const QueryKeyValue& tensors) {
    if (compressedBlocks(sparse.sizes, tensors.k.size(1)) == 0) {
        const at::Tensor none = tensors.k.narrow(1, 0, 0);
        return {tensors.q, none, none};
    }
    return {tensors.q, compressed(tensors.k, sparse.keys, sparse.sizes),
            compressed(tensors.v, sparse.values, sparse.sizes)};
}

// Those that see anything.
std::vector<BranchPass> branchesOf(const RankPart& part, const Step& step,
                                   const QueryKeyValue& tensors, const QueryKeyValue& ofBlocks,
                                   const KeyChoice& choice) {
    const NsaConfig& sizes = part.sparse->sizes;
    const AttentionMask& mask = *part.rules.mask;
    std::vector<BranchPass> branches;
    for (const SparseBranch which : allSparseBranches) {
        Step own = stepOfBranch(which, sizes, step, part.owned, mask);
        if (own.blocks.empty()) continue;
        branches.push_back({which, std::move(own), maskOfBranch(which, sizes, mask),
                            which == SparseBranch::Compressed ? ofBlocks : tensors,
                            which == SparseBranch::Selected ? choice : KeyChoice()});
    }
    return branches;
}

// The score of blocks that queries select, from what the compressed branch's weights give to them.
class SelectionScores {
public:
    // k: (B, blocks, Hk, D), compressed.
    SelectionScores(const NsaConfig& sizes, at::Tensor q, const at::Tensor& k, double scale)
        : sizes_(sizes),
          q_(std::move(q)),
          keys_(k.to(at::kDouble).permute({0, 2, 3, 1}).contiguous()),
          scale_(scale) {}

    // (B, Hk, rows, blocks)
    at::Tensor of(const RowRun& rows, const std::vector<std::int64_t>& blocks) const {
        const std::int64_t ofBlock = sizes_.selectBlock / sizes_.stride;
        const at::Tensor sums = ofStretches(weightsOf(rows))
                                    .narrow(3, 0, (blocks.back() + 1) * ofBlock)
                                    .unflatten(3, {-1, ofBlock})
                                    .sum(4);
        const at::Tensor numbers = at::tensor(at::ArrayRef<std::int64_t>(blocks)).to(q_.device());
        return sums.index_select(3, numbers).to(at::kFloat);
    }

private:
    // Of compressed blocks, added up over the query heads of a key head: (B, Hk, rows, seen).
    at::Tensor weightsOf(const RowRun& rows) const {
        const at::TensorOptions numbers = at::TensorOptions(at::kLong).device(q_.device());
        const std::int64_t last = rows.tokens.at(rows.count - 1);
        const std::int64_t seen = compressedBlocks(sizes_, last + 1);
        const TokenRun ends = compressedTokens(sizes_);
        const at::Tensor tokens =
            at::arange(rows.count, numbers) * rows.tokens.stride + rows.tokens.first;
        const at::Tensor hidden =
            (at::arange(seen, numbers) * ends.stride + ends.first).unsqueeze(0) >
            tokens.unsqueeze(1);
        // (B, Hk, each rows, D) x (B, Hk, D, seen)
        const at::Tensor queries = q_.narrow(1, rows.row, rows.count)
                                       .to(at::kDouble)
                                       .unflatten(2, {keys_.size(1), -1})
                                       .permute({0, 2, 3, 1, 4})
                                       .flatten(2, 3);
        const at::Tensor scores =
            (at::matmul(queries, keys_.narrow(3, 0, seen)) * scale_)
                .unflatten(2, {-1, rows.count})
                .masked_fill(hidden, -std::numeric_limits<double>::infinity());
        return at::softmax(scores, -1).sum(2);
    }

    // For each stretch of `stride` tokens, the weights of the compressed blocks that have it.
    at::Tensor ofStretches(const at::Tensor& weights) const {
        const std::int64_t seen = weights.size(3);
        const std::int64_t ofCompressed = sizes_.block / sizes_.stride;
        at::Tensor sums =
            at::zeros({weights.size(0), weights.size(1), weights.size(2), seen + ofCompressed - 1},
                      weights.options());
        for (std::int64_t i = 0; i < ofCompressed; ++i) sums.narrow(3, i, seen).add_(weights);
        return sums;
    }

    NsaConfig sizes_;
    at::Tensor q_;
    at::Tensor keys_;  // (B, Hk, D, blocks), fp64
    double scale_;
};

KeyChoice selectBlocks(const RankPart& part, const Step& step, const at::Tensor& q,
                       const at::Tensor& compressedK) {
    if (!choosesKeys(part)) return {};
    const NsaConfig& sizes = part.sparse->sizes;
    const double scale = part.rules.scale.value_or(1 / std::sqrt(static_cast<double>(q.size(3))));
    const SelectionScores scores(sizes, q, compressedK, scale);
    return KeyChoice::byScores(choiceRule(part), tokensOf(part.owned, step.queriesOf),
                               queryRows(step), q, sizes.selectBlock / sizes.stride,
                               [&](const RowRun& rows, const std::vector<std::int64_t>& blocks) {
                                   return scores.of(rows, blocks);
                               });
}

// Of rows [rows.begin, rows.end) of (B, n, Hq, 3): (B, rows, Hq, 1), in the type sums are kept in.
at::Tensor gateOf(const at::Tensor& gates, SparseBranch branch, TokenSpan rows) {
    return rowsOf(gates, rows).narrow(3, static_cast<std::int64_t>(branch), 1).to(sumType(gates));
}

}  // namespace

LocalOutput sparseForward(const RankPart& part, const Step& step, const QueryKeyValue& tensors) {
    const QueryKeyValue ofBlocks = compressedKeys(*part.sparse, tensors);
    const KeyChoice choice = selectBlocks(part, step, tensors.q, ofBlocks.k);
    const TokenSpan rows = queryRows(step);
    const at::Tensor sum = emptySum(rowsOf(tensors.q, rows));
    LocalOutput all{{}, std::vector<at::Tensor>(keptOfSparse)};
    all.kept.front() = tensors.gates;
    all.kept.back() = choice.chosen();
    for (const BranchPass& branch : branchesOf(part, step, tensors, ofBlocks, choice)) {
        const BlockOutput output =
            localForward(branch.step, branch.tensors, branch.rules(part), {}, {}, branch.choice);
        const TokenSpan seeing = queryRows(branch.step);
        rowsOf(sum, relativeTo(rows, seeing))
            .addcmul_(output.out.to(sum.scalar_type()),
                      gateOf(tensors.gates, branch.which, seeing));
        all.kept[placeOf(branch.which)] = output.out;
        all.kept[placeOf(branch.which) + 1] = output.lse;
        if (branch.which == SparseBranch::Selected) all.whole.lse = output.lse;
    }
    all.whole.out = sum.to(tensors.q.scalar_type());
    return all;
}

AttentionGradients sparseBackward(const RankPart& part, const Step& step,
                                  const QueryKeyValue& tensors, const std::vector<at::Tensor>& kept,
                                  const at::Tensor& dOut) {
    const SparseParts& sparse = *part.sparse;
    const at::Tensor& gates = kept[0];
    const KeyChoice choice =
        kept.back().defined() ? KeyChoice(choiceRule(part), kept.back()) : KeyChoice();
    const QueryKeyValue ofBlocks = compressedKeys(sparse, tensors);
    const TokenSpan rows = queryRows(step);
    const at::Tensor dq = emptySum(rowsOf(tensors.q, rows));
    AttentionGradients sums{{}, emptySum(tensors.k), emptySum(tensors.v), at::zeros_like(gates)};
    for (const BranchPass& branch : branchesOf(part, step, tensors, ofBlocks, choice)) {
        const std::size_t place = placeOf(branch.which);
        const BlockOutput output{kept[place], kept[place + 1]};
        const TokenSpan seeing = queryRows(branch.step);
        const at::Tensor dRows = rowsOf(dOut, relativeTo(rows, seeing));
        const at::Tensor wide = dRows.to(dq.scalar_type());
        rowsOf(sums.gates, seeing)
            .select(3, static_cast<std::int64_t>(branch.which))
            .copy_((wide * output.out.to(dq.scalar_type())).sum(3));
        const at::Tensor weighted =
            (wide * gateOf(gates, branch.which, seeing)).to(dOut.scalar_type());
        const AttentionGradients own = localBackward(branch.step, branch.tensors, output, weighted,
                                                     branch.rules(part), {}, {}, branch.choice);
        rowsOf(dq, relativeTo(rows, seeing)).add_(own.q);
        if (branch.which == SparseBranch::Compressed) {
            addCompressionGradients(tensors.k, sparse.keys, sparse.sizes, own.k, sums.k);
            addCompressionGradients(tensors.v, sparse.values, sparse.sizes, own.v, sums.v);
        } else {
            sums.k.add_(own.k);
            sums.v.add_(own.v);
        }
    }
    sums.q = dq.to(tensors.q.scalar_type());
    return sums;
}

}  // namespace ringscope
