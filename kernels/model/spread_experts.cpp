#include "kernels/model/spread_experts.h"

#include "kernels/model/chunks.h"
#include "profiler/trace_place.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/zeros_like.h>

#include <utility>
#include <vector>

namespace ringscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// Rows that each rank gets from this one, and gives it.
struct RowCounts {
    std::vector<std::int64_t> sent;
    std::vector<std::int64_t> received;

    RowCounts back() const { return {received, sent}; }
};

std::vector<std::int64_t> numbersOf(const at::Tensor& tensor) {
    const at::Tensor numbers = tensor.to(at::kCPU).contiguous();
    const std::int64_t* first = numbers.const_data_ptr<std::int64_t>();
    return {first, first + numbers.numel()};
}

at::Tensor exchanged(const at::Tensor& rows, const RowCounts& counts, Group& group,
                     Operation operation) {
    std::int64_t all = 0;
    for (const std::int64_t count : counts.received) all += count;
    at::Tensor out = emptyRows(rows, all, rows.size(1));
    const PurposeScope purpose(group, Purpose::Experts);
    group.exchangeRows(out, rows.contiguous(), counts.received, counts.sent, operation)->wait();
    return out;
}

// What the backward pass of an exchange needs.
struct KeptExchange : torch::CustomClassHolder {
    KeptExchange(RowCounts rows, Group& ranks, int of, Operation inBackward)
        : counts(std::move(rows)), group(ranks), layer(of), operation(inBackward) {}
    RowCounts counts;
    Group& group;
    int layer;
    Operation operation;
};

struct ExchangeRows : Function<ExchangeRows> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& rows,
                              const RowCounts& counts, Group* group, int layer,
                              Operation operation) {
        // A gradient goes to the experts where a result came from them, and the other way round.
        const Operation backward =
            operation == Operation::Dispatch ? Operation::Combine : Operation::Dispatch;
        context->saved_data["exchange"] = c10::IValue::make_capsule(
            c10::make_intrusive<KeptExchange>(counts.back(), *group, layer, backward));
        return exchanged(rows, counts, *group, operation);
    }

    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        const auto capsule = context->saved_data["exchange"].toCapsule();
        const auto& kept = static_cast<const KeptExchange&>(*capsule);
        const PlaceScope place;
        tracePlace().layer = kept.layer;
        enterPass(SpanPass::Backward);
        return {exchanged(dOut[0], kept.counts, kept.group, kept.operation), {}, {}, {}, {}};
    }
};

struct NormRows : Function<NormRows> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& in, const Norm& norm) {
        at::Tensor normed = at::empty_like(in);
        at::Tensor factors = rowFactors(in);
        norm.apply(in, normed, factors);
        context->save_for_backward({in, factors});
        keep(context, "norm", norm);
        return normed;
    }
    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        const variable_list saved = context->get_saved_variables();
        at::Tensor dx = at::zeros_like(saved[0]);
        keptNorm(context, "norm").backward(saved[0], saved[1], dOut[0].contiguous(), dx);
        return {dx, {}};
    }
};

}  // namespace

at::Tensor addSpreadExperts(const at::Tensor& x, const Experts& experts, const Routing& routing,
                            const at::Tensor& residual, Group& group, int layer) {
    const std::int64_t own = routing.scores.size(1) / group.size();
    const std::int64_t ranks = group.size();
    const PlaceScope place;
    tracePlace().layer = layer;
    enterPass(SpanPass::Forward);

    const at::Tensor flat = routing.experts.flatten();
    const at::Tensor pairs = at::argsort(flat, /*stable=*/true);
    const at::Tensor tokens = pairs.floor_divide(routing.experts.size(1));
    const at::Tensor going = at::bincount(flat, {}, own * ranks).view({ranks, own});
    at::Tensor coming = at::empty_like(going);  // from each rank, for each of this rank's experts
    {
        const PurposeScope purpose(group, Purpose::Experts);
        group.allToAll(coming, going)->wait();
    }
    const RowCounts counts{.sent = numbersOf(going.sum(1)), .received = numbersOf(coming.sum(1))};

    const at::Tensor normed = NormRows::apply(rowsOf(x), experts.norm);
    const at::Tensor arrived = ExchangeRows::apply(normed.index_select(0, tokens), counts, &group,
                                                   layer, Operation::Dispatch);
    const at::Tensor expertOfRow =
        at::repeat_interleave(at::arange(own, flat.options()).repeat({ranks}), coming.flatten());
    const at::Tensor byExpert = at::argsort(expertOfRow, /*stable=*/true);
    const at::Tensor results =
        applyExperts(arrived.index_select(0, byExpert), experts, numbersOf(coming.sum(0)));
    const at::Tensor returned =
        ExchangeRows::apply(results.index_select(0, at::argsort(byExpert)), counts.back(), &group,
                            layer, Operation::Combine);
    const at::Tensor factors = routing.weights.flatten().index_select(0, pairs).unsqueeze(1);
    return rowsOf(residual)
        .index_add(0, tokens, (returned * factors).to(residual.scalar_type()))
        .view_as(x);
}

}  // namespace ringscope
