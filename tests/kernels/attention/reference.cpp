#include "tests/kernels/attention/reference.h"

#include "kernels/block/partial_result.h"
#include "kernels/vector/elementary_functions.h"

#include <ATen/ATen.h>
#include <cmath>
#include <limits>
#include <vector>

namespace ringscope::test {
namespace {

// (B, n, H, D) to (B, Hq, n, D), each key head repeated for its group of query heads.
at::Tensor heads(const at::Tensor& tensor, std::int64_t queryHeads) {
    return tensor.repeat_interleave(queryHeads / tensor.size(2), 2).transpose(1, 2);
}

double lowestOf(at::ScalarType type) { return type == at::kHalf ? -6e4 : -1e30; }

// (nq, nk) of `value(query token, key token, query row, key row)`.
template <typename Value>
at::Tensor table(const BlockInput& block, const Value& value) {
    at::Tensor cells = at::empty({block.q.size(1), block.k.size(1)}, at::kDouble);
    auto cell = cells.accessor<double, 2>();
    for (std::int64_t i = 0; i < cells.size(0); ++i)
        for (std::int64_t j = 0; j < cells.size(1); ++j)
            cell[i][j] = value(block.queryTokens.at(i), block.keyTokens.at(j), i, j);
    return cells;
}

bool grants(const AttentionMask& mask, std::int64_t query, std::int64_t key) {
    if (mask.causal && key > query) return false;
    if (mask.left && query - key > *mask.left) return false;
    if (mask.right && key - query > *mask.right) return false;
    for (const std::int64_t boundary : mask.documents)
        if ((query < boundary) != (key < boundary)) return false;
    return true;
}

at::Tensor visiblePairs(const BlockInput& block) {
    const at::Tensor visible = table(
        block, [&](std::int64_t query, std::int64_t key, std::int64_t row, std::int64_t column) {
            if (block.mask == MaskKind::Full) return 1.0;
            if (block.mask == MaskKind::Causal) return column <= row ? 1.0 : 0.0;
            return grants(*block.rules.mask, query, key) ? 1.0 : 0.0;
        });
    return visible.to(at::kBool);
}

// (H, nq, nk): what ALiBi adds to the scores.
at::Tensor alibi(const BlockInput& block) {
    std::vector<at::Tensor> ofHead;
    const at::Tensor distance =
        table(block, [](std::int64_t query, std::int64_t key, std::int64_t, std::int64_t) {
            return static_cast<double>(std::abs(query - key));
        });
    for (std::int64_t head = 0; head < block.q.size(2); ++head)
        ofHead.push_back(distance *
                         -alibiSlope(block.rules.firstHead + head, block.rules.alibiHeads));
    return at::stack(ofHead);
}

// (B, H, nq, nk): 0 for a dropped weight, what the others grow by for the rest.
at::Tensor keptShare(const BlockInput& block) {
    const ScoreRules& rules = block.rules;
    const std::uint32_t threshold = dropoutThreshold(rules.dropout);
    std::vector<at::Tensor> ofBatch;
    for (std::int64_t batch = 0; batch < block.q.size(0); ++batch) {
        std::vector<at::Tensor> ofHead;
        for (std::int64_t head = 0; head < block.q.size(2); ++head) {
            std::vector<DropoutRow> rows;
            for (std::int64_t row = 0; row < block.q.size(1); ++row)
                rows.push_back(dropoutRow(rules.dropoutSeed, batch, rules.firstHead + head,
                                          block.queryTokens.at(row)));
            ofHead.push_back(
                table(block, [&](std::int64_t, std::int64_t key, std::int64_t row, std::int64_t) {
                    const bool dropped = dropoutBits(rows[static_cast<std::size_t>(row)],
                                                     static_cast<std::uint32_t>(key)) < threshold;
                    return dropped ? 0.0 : 1 / (1 - rules.dropout);
                }));
        }
        ofBatch.push_back(at::stack(ofHead));
    }
    return at::stack(ofBatch);
}

at::Tensor leafOf(const at::Tensor& tensor, at::ScalarType type) {
    return tensor.detach().to(type).clone().requires_grad_();
}

}  // namespace

double distance(const at::Tensor& a, const at::Tensor& b) {
    if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
    const double largest = (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
    return std::isnan(largest) ? std::numeric_limits<double>::infinity() : largest;
}

BlockOutput referenceForward(const BlockInput& block, at::ScalarType type,
                             const at::Tensor& sinks) {
    settleElementaryFunctions();  // ATen computes on several threads
    const ScoreRules& rules = block.rules;
    const at::Tensor q = block.q.to(type).transpose(1, 2);
    const std::int64_t queryHeads = block.q.size(2);
    const double scale = rules.scale.value_or(1 / std::sqrt(static_cast<double>(q.size(3))));
    at::Tensor scores = at::matmul(q, heads(block.k.to(type), queryHeads).transpose(2, 3)) * scale;
    if (rules.softcap) scores = at::tanh(scores / *rules.softcap) * *rules.softcap;
    if (rules.alibiHeads > 0) scores = scores + alibi(block).to(type);
    const at::Tensor visible = visiblePairs(block);
    const at::Tensor sink = sinks.defined() ? sinks.to(type).view({1, -1, 1, 1}) : at::Tensor();
    at::Tensor shift =
        scores.detach().masked_fill(visible.logical_not(), lowestOf(type)).amax(-1, true);
    const at::Tensor powers = at::exp((scores - shift).clamp_max(0)) * visible;
    at::Tensor sum = powers.sum(-1, true);
    if (sink.defined()) sum = sum + at::exp(sink - shift);
    at::Tensor weights = powers / (sum + sum.eq(0));  // a row without a key: all 0
    if (rules.dropout > 0) weights = weights * keptShare(block).to(type);
    const at::Tensor out = at::matmul(weights, heads(block.v.to(type), queryHeads));
    const at::Tensor lse = (at::log(sum) + shift).squeeze(-1);
    return {out.transpose(1, 2), lse.transpose(1, 2)};
}

BlockGradients referenceBackward(const BlockInput& block, const at::Tensor& dOut,
                                 at::ScalarType type, const at::Tensor& sinks) {
    BlockInput leaves = block;
    for (at::Tensor* leaf : {&leaves.q, &leaves.k, &leaves.v}) *leaf = leafOf(*leaf, type);
    (referenceForward(leaves, type, sinks).out * dOut.to(type)).sum().backward();
    return {leaves.q.grad(), leaves.k.grad(), leaves.v.grad()};
}

at::Tensor referenceSinkGradient(const BlockInput& block, const at::Tensor& dOut,
                                 const at::Tensor& sinks) {
    const at::Tensor leaf = leafOf(sinks, at::kDouble);
    (referenceForward(block, at::kDouble, leaf).out * dOut.to(at::kDouble)).sum().backward();
    return leaf.grad();
}

BlockGradients emptySums(const BlockInput& block) {
    return {emptySum(block.q), emptySum(block.k), emptySum(block.v)};
}

}  // namespace ringscope::test
