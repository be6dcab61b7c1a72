// Each rank keeps its queries and attends to the keys and values of the whole sequence, which are
// gathered some heads at a time. The gradients of keys are summed on the rank that holds the keys.
#include "backend/plan/native_sparse.h"
#include "kernels/attention/gather_attention.h"
#include "kernels/attention/key_gather.h"
#include "kernels/attention/local_attention.h"
#include "kernels/device/number_format.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/stack.h>

namespace ringscope {
namespace {

// Of a tensor of query heads, those that go with the key/value heads `heads` of `kvHeads`; a view.
at::Tensor queryHeadsOf(const at::Tensor& tensor, const HeadSpan& heads, std::int64_t kvHeads) {
    const std::int64_t each = tensor.size(2) / kvHeads;
    return tensor.narrow(2, heads.begin * each, heads.size() * each);
}

// The part with the rules for the query heads of `heads`.
RankPart ofHeads(RankPart part, const HeadSpan& heads, std::int64_t each) {
    part.rules.firstHead += heads.begin * each;
    return part;
}

// Where there are gates.
at::Tensor gatesOf(const at::Tensor& gates, const HeadSpan& heads, std::int64_t kvHeads) {
    return gates.defined() ? queryHeadsOf(gates, heads, kvHeads) : gates;
}

}  // namespace

GatheredOutput attendGathered(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                              std::int64_t kvHeads, const at::Tensor& gates) {
    KeyGather gather(part, part.steps.forward, own);
    const std::vector<std::int64_t> apart = branchSteps(part.steps);
    std::vector<std::vector<at::Tensor>> branches(apart.size());  // of each, by groups of heads
    GatheredOutput output{
        {at::empty_like(q), at::empty(q.sizes().slice(0, 3), q.options().dtype(sumType(q)))}};
    BlockOutput& whole = output.whole;
    for (const Step& step : part.steps.forward) {
        const auto [keys, values] = keysOf(part, gather.begin(step), step.heads);
        const LocalOutput local =
            attendLocally(ofHeads(part, step.heads, q.size(2) / kvHeads), step,
                          {queryHeadsOf(q, step.heads, kvHeads), keys, values,
                           gatesOf(gates, step.heads, kvHeads)});
        output.kept.insert(output.kept.end(), local.kept.begin(), local.kept.end());
        const BlockOutput& heads = local.whole;
        queryHeadsOf(whole.out, step.heads, kvHeads).copy_(heads.out);
        queryHeadsOf(whole.lse, step.heads, kvHeads).copy_(heads.lse);
        for (std::size_t i = 0; i < apart.size(); ++i) branches[i].push_back(heads.branches[i]);
    }
    for (const std::vector<at::Tensor>& groups : branches)
        whole.branches.push_back(groups.size() == 1 ? groups.front() : at::cat(groups, 2));
    return output;
}

TravelGradients gradientsGathered(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                                  std::int64_t kvHeads, const GatheredOutput& output,
                                  const at::Tensor& dOut, const at::Tensor& dGates) {
    const auto ofStep = [kvHeads](const at::Tensor& tensor, const Step& step) {
        return queryHeadsOf(tensor, step.heads, kvHeads);
    };
    KeyGather gather(part, part.steps.backward, own);
    const at::Tensor dq = at::empty_like(q);
    const auto each = static_cast<std::ptrdiff_t>(keptLocally(part));
    auto kept = output.kept.begin();
    for (const Step& step : part.steps.backward) {
        const at::Tensor rows = gather.begin(step);
        const auto [keys, values] = keysOf(part, rows, step.heads);
        LocalOutput local{{ofStep(output.whole.out, step), ofStep(output.whole.lse, step)},
                          {kept, kept + each}};
        kept += each;
        for (const at::Tensor& branch : output.whole.branches)
            local.whole.branches.push_back(ofStep(branch, step));
        const AttentionGradients heads =
            gradientsLocally(ofHeads(part, step.heads, q.size(2) / kvHeads), step,
                             {ofStep(q, step), keys, values}, local, ofStep(dOut, step));
        ofStep(dq, step).copy_(heads.q);
        if (dGates.defined()) ofStep(dGates, step).copy_(heads.gates);
        gather.end(step, travellingGradient(part, rows, step.heads, at::stack({heads.k, heads.v})));
    }
    gather.finish();
    return {dq, gather.gradients()};
}

AttentionOutput keyGatherForward(const RankPart& part, const QueryKeyValue& input) {
    const std::int64_t kvHeads = keyHeads(part, input);
    const at::Tensor own = travellingKeys(part, input);
    const auto [whole, kept] = attendGathered(part, input.q, own, kvHeads, input.gates);
    SavedAttention saved{{input.q, own}, kvHeads};
    appendOutput(whole, saved.tensors);
    saved.tensors.insert(saved.tensors.end(), kept.begin(), kept.end());
    return {whole.out, std::move(saved), whole.lse};
}

AttentionGradients keyGatherBackward(const RankPart& part, const SavedAttention& saved,
                                     const at::Tensor& dOut) {
    const at::Tensor& q = saved.tensors[0];
    const auto branches = static_cast<std::size_t>(part.steps.branchesApart);
    const std::vector<at::Tensor> kept(
        saved.tensors.begin() + static_cast<std::ptrdiff_t>(4 + branches), saved.tensors.end());
    at::Tensor dGates;
    if (part.sparse != nullptr)
        dGates = at::empty({q.size(0), q.size(1), q.size(2), sparseBranches}, q.options());
    const TravelGradients sums =
        gradientsGathered(part, q, saved.tensors[1], saved.kvHeads,
                          {outputAt(saved.tensors, 2, branches), kept}, dOut, dGates);
    AttentionGradients gradients = ofInput(part, sums.q, sums.own, q.scalar_type());
    gradients.gates = dGates;
    return gradients;
}

}  // namespace ringscope
