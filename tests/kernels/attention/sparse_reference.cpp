#include "tests/kernels/attention/sparse_reference.h"

#include <ATen/ATen.h>
#include <algorithm>
#include <limits>

namespace ringscope::test {
namespace {

constexpr double nothing = -std::numeric_limits<double>::infinity();

// (B, blocks, Hk, D)
at::Tensor compressedBlocksOf(const at::Tensor& x, const DenseCompression& parts,
                              const NsaConfig& sizes) {
    std::vector<at::Tensor> blocks;
    for (std::int64_t first = 0; first + sizes.block <= x.size(1); first += sizes.stride) {
        std::vector<at::Tensor> tokens;
        for (std::int64_t i = 0; i < sizes.block; ++i) tokens.push_back(x.select(1, first + i));
        const at::Tensor row = at::cat(tokens, 2) + parts.position;  // (B, Hk, block * D)
        blocks.push_back(at::matmul(at::silu(at::matmul(row, parts.up.t())), parts.down.t()));
    }
    return at::stack(blocks, 1);
}

// A key head for each query head.
at::Tensor repeated(const at::Tensor& keys, std::int64_t heads) {
    return keys.repeat_interleave(heads / keys.size(2), 2);
}

// Weights of keys (B, C, Hk, D), (B, Hq, S, C), where `seen` (B or 1, Hq or 1, S, C) says so; rows
// that see nothing have none.
at::Tensor weightsOf(const at::Tensor& q, const at::Tensor& keys, const at::Tensor& seen,
                     double scale) {
    const at::Tensor scores =
        at::matmul(q.transpose(1, 2), repeated(keys, q.size(2)).permute({0, 2, 3, 1})) * scale;
    const at::Tensor masked = scores.masked_fill(seen.logical_not(), nothing);
    return at::softmax(masked, -1).masked_fill(seen.any(-1, true).logical_not(), 0);
}

// (B, S, Hq, D)
at::Tensor outputOf(const at::Tensor& weights, const at::Tensor& values) {
    return at::matmul(weights, repeated(values, weights.size(1)).transpose(1, 2)).transpose(1, 2);
}

std::int64_t sharedTokens(std::int64_t a, std::int64_t aSize, std::int64_t b, std::int64_t bSize) {
    return std::max<std::int64_t>(0, std::min(a + aSize, b + bSize) - std::max(a, b));
}

// The blocks that one token selects. weights: of compressed blocks, added up over heads.
std::vector<std::int64_t> selectedBy(std::int64_t token, const std::vector<double>& weights,
                                     const NsaConfig& sizes) {
    const std::int64_t own = token / sizes.selectBlock;
    std::vector<std::int64_t> selected, others;
    for (std::int64_t block = 0; block <= own; ++block)
        (block == 0 || block > own - sizes.local ? selected : others).push_back(block);
    const auto score = [&](std::int64_t block) {
        double sum = 0;
        for (std::size_t i = 0; i < weights.size(); ++i)
            sum += weights[i] *
                   static_cast<double>(sharedTokens(static_cast<std::int64_t>(i) * sizes.stride,
                                                    sizes.block, block * sizes.selectBlock,
                                                    sizes.selectBlock) /
                                       sizes.stride);
        return static_cast<float>(sum);
    };
    std::ranges::stable_sort(others, std::greater<>(), score);
    const std::int64_t more =
        std::min<std::int64_t>(sizes.selected - sizes.local - 1, std::ssize(others));
    selected.insert(selected.end(), others.begin(), others.begin() + more);
    return selected;
}

// (B, Hq, S, S): which tokens' keys a query sees by its selected blocks.
at::Tensor selectedTokens(const at::Tensor& weights, std::int64_t kvHeads, const NsaConfig& sizes) {
    const std::int64_t batch = weights.size(0), heads = weights.size(1), tokens = weights.size(2);
    const std::int64_t each = heads / kvHeads;
    const at::Tensor ofGroups = weights.detach().unflatten(1, {kvHeads, each}).sum(2).contiguous();
    at::Tensor seen = at::zeros({batch, heads, tokens, tokens}, at::kBool);
    for (std::int64_t item = 0; item < batch; ++item)
        for (std::int64_t group = 0; group < kvHeads; ++group)
            for (std::int64_t token = 0; token < tokens; ++token) {
                const at::Tensor row = ofGroups[item][group][token];
                const auto* first = row.const_data_ptr<double>();
                for (const std::int64_t block :
                     selectedBy(token, {first, first + row.numel()}, sizes)) {
                    const std::int64_t begin = block * sizes.selectBlock;
                    const std::int64_t end = std::min(token + 1, begin + sizes.selectBlock);
                    seen[item]
                        .narrow(0, group * each, each)
                        .select(1, token)
                        .narrow(1, begin, end - begin)
                        .fill_(true);
                }
            }
    return seen;
}

}  // namespace

std::vector<at::Tensor> DenseInputs::tensors() const {
    return {q,         k,          v, gates, keys.position, keys.up, keys.down, values.position,
            values.up, values.down};
}

DenseInputs DenseInputs::leaves() const {
    const auto leaf = [](const at::Tensor& tensor) {
        return tensor.detach().clone().requires_grad_();
    };
    return {leaf(q),
            leaf(k),
            leaf(v),
            leaf(gates),
            {leaf(keys.position), leaf(keys.up), leaf(keys.down)},
            {leaf(values.position), leaf(values.up), leaf(values.down)}};
}

DenseInputs randomInputs(const NsaConfig& sizes, std::int64_t batch, std::int64_t tokens,
                         std::int64_t heads, std::int64_t kvHeads, std::int64_t columns) {
    at::Generator generator = at::detail::createCPUGenerator(20250217);
    const auto random = [&](at::IntArrayRef shape) {
        return at::randn(shape, generator, at::TensorOptions(at::kDouble));
    };
    const auto compression = [&]() -> DenseCompression {
        return {random({sizes.block * columns}), random({columns, sizes.block * columns}) * 0.3,
                random({columns, columns})};
    };
    return {random({batch, tokens, heads, columns}),
            random({batch, tokens, kvHeads, columns}),
            random({batch, tokens, kvHeads, columns}),
            at::sigmoid(random({batch, tokens, heads, 3})),
            compression(),
            compression()};
}

at::Tensor denseSparseAttention(const NsaConfig& sizes, const DenseInputs& inputs, double scale) {
    const std::int64_t count = inputs.q.size(1);
    const at::Tensor tokens = at::arange(count).unsqueeze(1);  // (S, 1)
    const at::Tensor others = at::arange(count).unsqueeze(0);
    const auto gate = [&](std::int64_t branch) { return inputs.gates.narrow(3, branch, 1); };
    at::Tensor out = at::zeros_like(inputs.q);
    at::Tensor weights =
        at::zeros({inputs.q.size(0), inputs.q.size(2), count, 0}, inputs.q.options());
    if (count >= sizes.block) {
        const at::Tensor keys = compressedBlocksOf(inputs.k, inputs.keys, sizes);
        const at::Tensor ends = at::arange(keys.size(1)) * sizes.stride + sizes.block - 1;
        weights = weightsOf(inputs.q, keys, (ends.unsqueeze(0) <= tokens).unsqueeze(0), scale);
        out = out + gate(0) * outputOf(weights, compressedBlocksOf(inputs.v, inputs.values, sizes));
    }
    const at::Tensor selected = selectedTokens(weights, inputs.k.size(2), sizes);
    out = out + gate(1) * outputOf(weightsOf(inputs.q, inputs.k, selected, scale), inputs.v);
    const at::Tensor near = (others <= tokens).logical_and(others > tokens - sizes.window);
    return out + gate(2) * outputOf(weightsOf(inputs.q, inputs.k, near, scale), inputs.v);
}

}  // namespace ringscope::test
