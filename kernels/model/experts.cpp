#include "kernels/model/experts.h"

#include "backend/core/mix.h"
#include "kernels/model/activation.h"
#include "kernels/model/chunks.h"
#include "kernels/model/products.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros_like.h>

#include <limits>
#include <tuple>
#include <vector>

namespace ringscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// Scores of experts outside a token's best groups become -infinity.
at::Tensor keepBestGroups(const at::Tensor& scores, const ExpertConfig& config) {
    const at::Tensor groups = scores.view({scores.size(0), config.groups, -1});
    const at::Tensor value = config.groupScore == GroupScore::Best
                                 ? groups.amax(2)
                                 : std::get<0>(groups.topk(2, 2)).sum(2);
    const at::Tensor best = std::get<1>(value.topk(config.bestGroups, 1));
    const at::Tensor kept = at::zeros_like(value).scatter_(1, best, 1).unsqueeze(2);
    return groups.masked_fill(kept.eq(0), -std::numeric_limits<double>::infinity()).view_as(scores);
}

// The (token, choice) pairs of each expert, one after the other.
struct Assignment {
    at::Tensor pairs;   // numbers of pairs, sorted by expert
    at::Tensor tokens;  // the row of each
    std::vector<std::int64_t> perExpert;
};

Assignment assign(const at::Tensor& experts, std::int64_t count) {
    const at::Tensor flat = experts.flatten();
    Assignment made{.pairs = at::argsort(flat, /*stable=*/true), .tokens = {}, .perExpert = {}};
    made.tokens = made.pairs.floor_divide(experts.size(1));
    const at::Tensor sizes = at::bincount(flat, {}, count).to(at::kCPU);
    const std::int64_t* first = sizes.const_data_ptr<std::int64_t>();
    made.perExpert.assign(first, first + count);
    return made;
}

// Calls body(expert, first pair, pairs) for each expert that has any; with a tile, for so many of
// its pairs at a time.
template <typename Body>
void overExperts(const std::vector<std::int64_t>& perExpert, std::int64_t tile, const Body& body) {
    std::int64_t begin = 0;
    for (std::size_t expert = 0; expert < perExpert.size(); ++expert) {
        const std::int64_t all = perExpert[expert];
        if (all > 0)
            overTiles(all, tile == 0 ? all : tile, [&](std::int64_t first, std::int64_t count) {
                body(static_cast<std::int64_t>(expert), begin + first, count);
            });
        begin += all;
    }
}

// The matrix of one expert, with what stands beside it.
Weight ofExpert(const Weight& all, std::int64_t expert) {
    return {all.value.detach()[expert],
            all.gradient.defined() ? all.gradient[expert] : at::Tensor()};
}

// A bias of one column, as a row.
Weight flat(const Weight& column) {
    return {column.value.flatten(),
            column.gradient.defined() ? column.gradient.flatten() : at::Tensor()};
}

std::int64_t outputsOfEach(const Projection& all, std::int64_t experts) {
    return all.packed ? all.packed->rows() / experts : all.weight.value.size(1);
}

// One of `experts`. `tokens`: of the rows that it gets, where it drops anything.
Projection ofExpert(const Projection& all, std::int64_t expert, std::int64_t experts,
                    const at::Tensor& tokens = {}) {
    Projection one;
    const std::int64_t rows = outputsOfEach(all, experts);
    if (all.packed)
        one.packed = all.packed->some(expert * rows, rows);
    else
        one.weight = ofExpert(all.weight, expert);
    if (all.bias.defined()) one.bias = flat(ofExpert(all.bias, expert));
    for (const LowRank& part : all.beside) {
        LowRank& own = one.beside.emplace_back(part);
        own.a = ofExpert(part.a, expert);
        own.b = ofExpert(part.b, expert);
        own.key = mixBits(part.key + static_cast<std::uint64_t>(expert));
    }
    if (!all.dropout.drops()) return one;
    one.dropout = all.dropout;
    one.dropout.rows = all.dropout.rows.index_select(0, tokens.to(at::kCPU));
    return one;
}

// What the first projection gives: of all rows where it is kept, else of none.
at::Tensor keptInner(const at::Tensor& like, std::int64_t rows, const Experts& experts,
                     std::int64_t count) {
    if (experts.tile > 0) return {};
    return emptyRows(like, rows, outputsOfEach(experts.gateUp, count));
}
at::Tensor innerOf(const at::Tensor& kept, std::int64_t first, std::int64_t count,
                   const at::Tensor& like, const Projection& gateUp) {
    return kept.defined() ? kept.narrow(0, first, count) : emptyRows(like, count, gateUp.outputs());
}

at::Tensor normedRows(const Norm& norm, const at::Tensor& in) {
    at::Tensor normed = at::empty_like(in);
    at::Tensor factors = rowFactors(in);
    norm.apply(in, normed, factors);
    return normed;
}

struct AddExperts : Function<AddExperts> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                              const at::Tensor& weights, const at::Tensor& residual,
                              const at::Tensor& chosen, std::int64_t all, const Experts& experts) {
        const at::Tensor in = rowsOf(x);
        const at::Tensor normed = normedRows(experts.norm, in);
        const Assignment assignment = assign(chosen, all);
        const at::Tensor factors = weights.flatten().index_select(0, assignment.pairs);
        at::Tensor out = rowsOf(residual).clone();
        const at::Tensor projected = keptInner(in, assignment.pairs.size(0), experts, all);
        overExperts(assignment.perExpert, experts.tile,
                    [&](std::int64_t expert, std::int64_t first, std::int64_t count) {
                        const at::Tensor tokens = assignment.tokens.narrow(0, first, count);
                        const Projection gateUp = ofExpert(experts.gateUp, expert, all, tokens);
                        at::Tensor between = innerOf(projected, first, count, in, gateUp);
                        gateUp.applyInto(between, normed.index_select(0, tokens));
                        at::Tensor hidden = emptyRows(in, count, between.size(1) / 2);
                        activate(experts.kind, between, hidden);
                        const at::Tensor result =
                            ofExpert(experts.down, expert, all, tokens).apply(hidden);
                        const at::Tensor factor = factors.narrow(0, first, count).unsqueeze(1);
                        out.index_add_(0, tokens, (result * factor).to(out.scalar_type()));
                    });
        context->save_for_backward({x, weights, projected, assignment.pairs});
        context->saved_data["perExpert"] = assignment.perExpert;
        context->saved_data["tile"] = experts.tile;
        context->saved_data["kind"] = static_cast<std::int64_t>(experts.kind);
        keep(context, "norm", experts.norm);
        keep(context, "gateUp", experts.gateUp);
        keep(context, "down", experts.down);
        return out.view_as(x);
    }

    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        const variable_list saved = context->get_saved_variables();
        const Experts experts{
            .kind = static_cast<FeedForwardKind>(context->saved_data["kind"].toInt()),
            .norm = keptNorm(context, "norm"),
            .gateUp = keptProjection(context, "gateUp"),
            .down = keptProjection(context, "down"),
            .tile = context->saved_data["tile"].toInt()};
        const at::Tensor in = rowsOf(saved[0]);
        const at::Tensor d = rowsOf(dOut[0]);
        at::Tensor normed = at::empty_like(in);
        at::Tensor inverse = rowFactors(in);
        experts.norm.apply(in, normed, inverse);
        const Assignment assignment{saved[3], saved[3].floor_divide(saved[1].size(1)),
                                    context->saved_data["perExpert"].toIntVector()};
        const std::int64_t all = std::ssize(assignment.perExpert);
        const at::Tensor factors = saved[1].flatten().index_select(0, assignment.pairs);
        at::Tensor dNormed = at::zeros_like(in);
        at::Tensor dWeights = at::zeros_like(saved[1]).flatten();
        overExperts(
            assignment.perExpert, experts.tile,
            [&](std::int64_t expert, std::int64_t first, std::int64_t count) {
                const at::Tensor tokens = assignment.tokens.narrow(0, first, count);
                const Projection gateUp = ofExpert(experts.gateUp, expert, all, tokens);
                at::Tensor between = innerOf(saved[2], first, count, in, gateUp);
                if (!saved[2].defined()) gateUp.applyInto(between, normed.index_select(0, tokens));
                const Projection down = ofExpert(experts.down, expert, all, tokens);
                at::Tensor hidden = emptyRows(in, count, between.size(1) / 2);
                activate(experts.kind, between, hidden);
                const at::Tensor dChosen = d.index_select(0, tokens);
                const at::Tensor sums =
                    (down.apply(hidden) * dChosen).to(dWeights.scalar_type()).sum(1);
                dWeights.index_copy_(0, assignment.pairs.narrow(0, first, count), sums);

                const at::Tensor dResult =
                    (dChosen * factors.narrow(0, first, count).unsqueeze(1)).to(in.scalar_type());
                down.addGradients(dResult, hidden);
                down.backInto(hidden, dResult);  // no longer needed: holds its gradient now
                at::Tensor dBetween = at::empty_like(between);
                activateBackward(experts.kind, between, hidden, dBetween);
                gateUp.addGradients(dBetween, normed.index_select(0, tokens));
                dNormed.index_add_(0, tokens, gateUp.back(dBetween));
            });
        at::Tensor dx = at::zeros_like(in);
        experts.norm.backward(in, inverse, dNormed, dx);
        return {dx.view_as(saved[0]), dWeights.view_as(saved[1]), dOut[0], {}, {}, {}};
    }
};

struct ApplyExperts : Function<ApplyExperts> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& rows,
                              const Experts& experts, const std::vector<std::int64_t>& perExpert) {
        const std::int64_t all = std::ssize(perExpert);
        const at::Tensor projected = keptInner(rows, rows.size(0), experts, all);
        at::Tensor out = at::empty_like(rows);
        overExperts(perExpert, experts.tile,
                    [&](std::int64_t expert, std::int64_t first, std::int64_t count) {
                        const Projection gateUp = ofExpert(experts.gateUp, expert, all);
                        at::Tensor between = innerOf(projected, first, count, rows, gateUp);
                        gateUp.applyInto(between, rows.narrow(0, first, count));
                        at::Tensor hidden = emptyRows(rows, count, between.size(1) / 2);
                        activate(experts.kind, between, hidden);
                        at::Tensor result = out.narrow(0, first, count);
                        ofExpert(experts.down, expert, all).applyInto(result, hidden);
                    });
        context->save_for_backward({rows, projected});
        context->saved_data["perExpert"] = perExpert;
        context->saved_data["tile"] = experts.tile;
        context->saved_data["kind"] = static_cast<std::int64_t>(experts.kind);
        keep(context, "gateUp", experts.gateUp);
        keep(context, "down", experts.down);
        return out;
    }

    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        const variable_list saved = context->get_saved_variables();
        const auto kind = static_cast<FeedForwardKind>(context->saved_data["kind"].toInt());
        const Projection gateUps = keptProjection(context, "gateUp");
        const Projection downs = keptProjection(context, "down");
        const std::vector<std::int64_t> perExpert = context->saved_data["perExpert"].toIntVector();
        const std::int64_t all = std::ssize(perExpert);
        const at::Tensor d = dOut[0].contiguous();
        at::Tensor dRows = at::empty_like(saved[0]);
        const std::int64_t tile = context->saved_data["tile"].toInt();
        overExperts(perExpert, tile,
                    [&](std::int64_t expert, std::int64_t first, std::int64_t count) {
                        const Projection gateUp = ofExpert(gateUps, expert, all);
                        const Projection down = ofExpert(downs, expert, all);
                        at::Tensor between = innerOf(saved[1], first, count, d, gateUp);
                        if (!saved[1].defined())
                            gateUp.applyInto(between, saved[0].narrow(0, first, count));
                        const at::Tensor dResult = d.narrow(0, first, count);
                        at::Tensor hidden = emptyRows(d, count, between.size(1) / 2);
                        activate(kind, between, hidden);
                        down.addGradients(dResult, hidden);
                        down.backInto(hidden, dResult);  // no longer needed: holds its gradient now
                        at::Tensor dBetween = at::empty_like(between);
                        activateBackward(kind, between, hidden, dBetween);
                        gateUp.addGradients(dBetween, saved[0].narrow(0, first, count));
                        at::Tensor dIn = dRows.narrow(0, first, count);
                        gateUp.backInto(dIn, dBetween);
                    });
        return {dRows, {}, {}};
    }
};

}  // namespace

Routing route(const at::Tensor& logits, const ExpertConfig& config, const at::Tensor& bias) {
    const at::Tensor wide = logits.to(sumType(logits));
    const at::Tensor scores =
        config.score == ExpertScore::Softmax ? at::softmax(wide, 1) : at::sigmoid(wide);
    at::Tensor choice = scores.detach();
    if (bias.defined()) choice = choice + bias.to(choice.scalar_type());
    if (config.groups > 1) choice = keepBestGroups(choice, config);
    const at::Tensor chosen = std::get<1>(choice.topk(config.perToken, 1));
    at::Tensor weights = scores.gather(1, chosen);
    constexpr double tiny = 1e-20;  // against a division by 0
    if (config.normalized) weights = weights / (weights.sum(1, true) + tiny);
    const at::Tensor shares =
        config.score == ExpertScore::Softmax ? scores : scores / (scores.sum(1, true) + tiny);
    return {chosen, config.scale == 1 ? weights : weights * config.scale, shares};
}

at::Tensor addExperts(const at::Tensor& x, const Experts& experts, const Routing& routing,
                      const at::Tensor& residual) {
    return AddExperts::apply(x, routing.weights, residual, routing.experts, routing.scores.size(1),
                             experts);
}

at::Tensor applyExperts(const at::Tensor& rows, const Experts& experts,
                        const std::vector<std::int64_t>& perExpert) {
    return ApplyExperts::apply(rows, experts, perExpert);
}

}  // namespace ringscope
