#include "kernels/block/gpu/tiled_gpu_attention.h"

#include "kernels/device/number_format.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sum.h>

#include <algorithm>
#include <cmath>

namespace ringscope {
namespace {

ElementType elementType(const at::Tensor& tensor) {
    switch (tensor.scalar_type()) {
        case at::kFloat:
            return ElementType::Float;
        case at::kDouble:
            return ElementType::Double;
        case at::kBFloat16:
            return ElementType::BFloat16;
        case at::kHalf:
            return ElementType::Half;
        default:
            TORCH_CHECK(false, "no GPU kernel computes attention in ", tensor.scalar_type(),
                        "; use fp32, bf16, fp16 or fp64");
    }
}

at::Tensor withDenseHeads(const at::Tensor& tensor) {
    return tensor.stride(3) == 1 ? tensor : tensor.contiguous();
}

HeadTensor headTensor(const at::Tensor& tensor) {
    return {tensor.const_data_ptr(), tensor.stride(0), tensor.stride(1), tensor.stride(2)};
}

// What each row sees, and each tile of rows from the first key to the last, where the tensors are.
class SeenKeys {
public:
    SeenKeys(const std::vector<TokenSpan>& seen, const BlockInput& block) {
        if (seen.empty()) return;
        const auto rows = static_cast<std::int64_t>(seen.size());
        TORCH_CHECK(rows == block.q.size(1), "what ", rows, " rows see was said of ",
                    block.q.size(1));
        const int tile = tileRows(elementType(block.q));
        // In pinned memory, so that the copy waits for nothing that the GPU has yet to do.
        const at::Tensor spans =
            at::empty({rows + tilesOf(rows, tile), 2},
                      at::TensorOptions(at::kLong).pinned_memory(block.q.is_cuda()));
        auto* next = static_cast<KeySpan*>(spans.mutable_data_ptr());
        for (const TokenSpan& row : seen) *next++ = {row.begin, row.end};
        for (std::int64_t first = 0; first < rows; first += tile)
            *next++ = hullOf(seen, first, std::min(rows, first + tile));
        numbers_ = spans.to(block.q.device(), /*non_blocking=*/true);
        rows_ = rows;
    }

    void describe(AttentionTask& task) const {
        if (!numbers_.defined()) return;
        task.seen = static_cast<const KeySpan*>(numbers_.const_data_ptr());
        task.tileSeen = task.seen + rows_;
    }

private:
    static KeySpan hullOf(const std::vector<TokenSpan>& seen, std::int64_t first,
                          std::int64_t end) {
        KeySpan hull{0, 0};
        for (std::int64_t row = first; row < end; ++row) {
            const TokenSpan& keys = seen[static_cast<std::size_t>(row)];
            if (keys.size() == 0) continue;
            const bool none = hull.begin == hull.end;
            hull.begin = none ? keys.begin : std::min(hull.begin, keys.begin);
            hull.end = none ? keys.end : std::max(hull.end, keys.end);
        }
        return hull;
    }

    at::Tensor numbers_;
    std::int64_t rows_ = 0;
};

// What the kernel is given for a block: the task, and the tensors it points to.
class Launchable {
public:
    Launchable(const BlockInput& block, const std::vector<TokenSpan>& seen)
        : q_(withDenseHeads(block.q)),
          k_(withDenseHeads(block.k)),
          v_(withDenseHeads(block.v)),
          seen_(seen, block) {
        TORCH_CHECK(q_.size(3) <= mostHeadSize, "heads of ", q_.size(3),
                    " columns have no GPU kernel; the most is ", mostHeadSize);
        TORCH_CHECK(!seen.empty() || block.mask != MaskKind::Positions,
                    "a block by position came without what its rows see");
        const ScoreRules& rules = block.rules;
        task = {.type = elementType(q_),
                .batch = q_.size(0),
                .queries = q_.size(1),
                .keys = k_.size(1),
                .heads = q_.size(2),
                .kvHeads = k_.size(2),
                .size = q_.size(3),
                .q = headTensor(q_),
                .k = headTensor(k_),
                .v = headTensor(v_),
                .causal = block.mask == MaskKind::Causal,
                .scale = rules.scale.value_or(1 / std::sqrt(static_cast<double>(q_.size(3)))),
                .softcap = rules.softcap.value_or(0),
                .alibiHeads = rules.alibiHeads,
                .firstHead = rules.firstHead,
                .dropoutSeed = rules.dropoutSeed,
                .queryTokens = {block.queryTokens.first, block.queryTokens.stride},
                .keyTokens = {block.keyTokens.first, block.keyTokens.stride}};
        if (rules.dropout > 0) {
            task.dropBelow = dropoutThreshold(rules.dropout);
            task.keepFactor = 1 / (1 - rules.dropout);
        }
        seen_.describe(task);
    }

    AttentionTask task{};

private:
    at::Tensor q_, k_, v_;
    SeenKeys seen_;
};

at::Tensor sumsLike(const at::Tensor& tensor, at::IntArrayRef sizes) {
    return at::empty(sizes, tensor.options().dtype(sumType(tensor)));
}

}  // namespace

BlockOutput tiledGpuForward(const BlockInput& block, const std::vector<TokenSpan>& seen,
                            RunAttention run) {
    Launchable launchable(block, seen);
    const BlockOutput output{sumsLike(block.q, block.q.sizes()),
                             sumsLike(block.q, block.q.sizes().slice(0, 3))};
    AttentionTask task = launchable.task;
    task.out = output.out.mutable_data_ptr();
    task.lse = output.lse.mutable_data_ptr();
    run(task);
    return output;
}

BlockGradients tiledGpuBackward(const BlockInput& block, const std::vector<TokenSpan>& seen,
                                const BlockOutput& whole, const at::Tensor& dOut,
                                RunAttention run) {
    Launchable launchable(block, seen);
    const at::ScalarType sums = sumType(block.q);
    const at::Tensor dRows = withDenseHeads(dOut.to(block.q.scalar_type()));
    const at::Tensor lse = whole.lse.to(sums).contiguous();
    const at::Tensor delta = at::mul(whole.out.to(sums), dOut.to(sums)).sum(3).contiguous();
    const BlockGradients gradients{sumsLike(block.q, block.q.sizes()),
                                   sumsLike(block.k, block.k.sizes()),
                                   sumsLike(block.v, block.v.sizes())};
    AttentionTask task = launchable.task;
    task.dOut = headTensor(dRows);
    task.wholeLse = lse.const_data_ptr();
    task.delta = delta.const_data_ptr();
    task.dq = gradients.q.mutable_data_ptr();
    task.dk = gradients.k.mutable_data_ptr();
    task.dv = gradients.v.mutable_data_ptr();
    for (const AttentionPass pass : {AttentionPass::QueryGradients, AttentionPass::KeyGradients}) {
        task.pass = pass;
        run(task);
    }
    return gradients;
}

}  // namespace ringscope
