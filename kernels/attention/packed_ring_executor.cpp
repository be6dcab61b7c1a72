// For each branch of a pattern, its rows are packed, keys and values go round among the ranks that
// share a segment, or are gathered by them, and the outputs are merged. Every branch has the memory
// and the bytes of its packed rows.
#include "kernels/attention/gather_attention.h"
#include "kernels/attention/local_attention.h"
#include "kernels/attention/ring_attention.h"
#include "kernels/block/merge.h"
#include "kernels/device/number_format.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

// Goes between a rank's rows and those of one branch, head by head.
class Packing {
public:
    Packing(const PackedRows& rows, std::int64_t tokens)
        : rows_(rows), count_(tokens / rows.step) {}

    // (B, n, H, D) or (B, n, H) with the rows of the branch alone; H is a multiple of the
    // key/value heads. Contiguous.
    at::Tensor pack(const at::Tensor& whole) const {
        std::vector<std::int64_t> sizes = whole.sizes().vec();
        sizes[1] = count_;
        const at::Tensor packed = at::empty(sizes, whole.options());
        forHeads(whole, packed, [](at::Tensor rows, const at::Tensor& some) { some.copy_(rows); });
        return packed;
    }

    void addTo(const at::Tensor& whole, const at::Tensor& packed) const {
        forHeads(whole, packed, [](at::Tensor rows, const at::Tensor& some) { rows.add_(some); });
    }

    void mergeInto(const BlockOutput& whole, const BlockOutput& packed) const {
        std::vector<std::pair<at::Tensor, at::Tensor>> outs;  // of the whole, of the part
        forHeads(whole.out, packed.out, [&](at::Tensor rows, const at::Tensor& some) {
            outs.emplace_back(std::move(rows), some);
        });
        auto next = outs.begin();
        forHeads(whole.lse, packed.lse, [&](at::Tensor rows, const at::Tensor& some) {
            mergePart(next->first, rows, {next->second, some});
            ++next;
        });
    }

private:
    // Heads that begin at the same row, together: `use` gets their rows of both.
    template <typename Use>
    void forHeads(const at::Tensor& whole, const at::Tensor& packed, const Use& use) const {
        const auto heads = std::ssize(rows_.first);
        const std::int64_t each = whole.size(2) / heads;
        for (std::int64_t head = 0, end = 0; head < heads; head = end) {
            const std::int64_t first = rows_.first[static_cast<std::size_t>(head)];
            for (end = head + 1;
                 end < heads && rows_.first[static_cast<std::size_t>(end)] == first;)
                ++end;
            const TokenSpan some{head * each, end * each};
            use(rowsOf(whole,
                       RowPart{{first, first + (count_ - 1) * rows_.step + 1}, rows_.step, some}),
                packed.narrow(2, some.begin, some.size()));
        }
    }

    const PackedRows& rows_;
    std::int64_t count_;
};

// One branch among the ranks that share its packed rows.
class Branch {
public:
    Branch(const RankPart& whole, std::size_t index, std::int64_t tokens)
        : steps_(stepsOfBranch(whole.steps, static_cast<int>(index))),
          packing_(whole.steps.packed[index], tokens),
          owned_(rowsOfRanks(whole.steps.packed[index], tokens)),
          part_{steps_, owned_, whole.group, whole.pool, whole.rules, {}} {}

    const Packing& packing() const { return packing_; }

    BlockOutput attend(const at::Tensor& q, const at::Tensor& keys) const {
        return gathersKeys(steps_) ? attendGathered(part_, q, keys, keys.size(3)).whole
                                   : attendAround(part_, q, keys);
    }
    TravelGradients gradients(const at::Tensor& q, const at::Tensor& keys, const BlockOutput& whole,
                              const at::Tensor& dOut) const {
        return gathersKeys(steps_) ? gradientsGathered(part_, q, keys, keys.size(3), {whole}, dOut)
                                   : gradientsAround(part_, q, keys, whole, dOut);
    }

private:
    ShardLayout rowsOfRanks(const PackedRows& rows, std::int64_t tokens) const {
        const int ranks = gathersKeys(steps_) ? steps_.forward.front().keysOf.count : 1;
        return contiguousLayout({.worldSize = ranks, .tokens = ranks * (tokens / rows.step)})
            .value();
    }

    RankSchedule steps_;
    Packing packing_;
    ShardLayout owned_;
    RankPart part_;
};

at::Tensor packKeys(const Packing& packing, const at::Tensor& k, const at::Tensor& v) {
    return at::stack({packing.pack(k), packing.pack(v)});
}

BlockOutput emptyOutput(const at::Tensor& q) {
    const at::TensorOptions options = q.options().dtype(sumType(q));
    return {at::zeros(q.sizes(), options),
            at::full(q.sizes().slice(0, 3), -std::numeric_limits<double>::infinity(), options)};
}

}  // namespace

AttentionOutput packedRingForward(const RankPart& part, const QueryKeyValue& input) {
    BlockOutput whole = emptyOutput(input.q);
    for (std::size_t branch = 0; branch < part.steps.packed.size(); ++branch) {
        const Branch some(part, branch, input.q.size(1));
        const Packing& packing = some.packing();
        BlockOutput packed =
            some.attend(packing.pack(input.q), packKeys(packing, input.k, input.v));
        packing.mergeInto(whole, packed);
        if (part.steps.branchesApart > 0) whole.branches.push_back(std::move(packed.out));
    }
    applySinks(part.sinks, part.rules.firstHead, whole);
    whole.out = whole.out.to(input.q.scalar_type());
    SavedAttention saved{{input.q, input.k, input.v}, input.k.size(2)};
    appendOutput(whole, saved.tensors);
    return {whole.out, std::move(saved), whole.lse};
}

AttentionGradients packedRingBackward(const RankPart& part, const SavedAttention& saved,
                                      const at::Tensor& dOut) {
    const at::Tensor& q = saved.tensors[0];
    const at::Tensor& k = saved.tensors[1];
    const at::Tensor& v = saved.tensors[2];
    const BlockOutput whole =
        outputAt(saved.tensors, 3, static_cast<std::size_t>(part.steps.branchesApart));
    addSinkGradients(part.sinks, part.rules.firstHead, whole, dOut);
    const at::Tensor dq = emptySum(q), dk = emptySum(k), dv = emptySum(v);
    for (std::size_t branch = 0; branch < part.steps.packed.size(); ++branch) {
        const Branch some(part, branch, q.size(1));
        const Packing& packing = some.packing();
        const BlockOutput packed{
            whole.branches.empty() ? packing.pack(whole.out) : whole.branches[branch],
            packing.pack(whole.lse)};
        const TravelGradients sums =
            some.gradients(packing.pack(q), packKeys(packing, k, v), packed, packing.pack(dOut));
        packing.addTo(dq, sums.q);
        packing.addTo(dk, sums.own[0]);
        packing.addTo(dv, sums.own[1]);
    }
    return {dq.to(q.scalar_type()), dk.to(q.scalar_type()), dv.to(q.scalar_type())};
}

}  // namespace ringscope
