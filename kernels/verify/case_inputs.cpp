#include "kernels/verify/case_inputs.h"

#include "backend/core/mix.h"
#include "kernels/device/number_format.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>

#include <cmath>

namespace ringscope {
namespace {

enum class Input : std::uint64_t { Q = 1, K, V, DOut, Weight };

// The sum of four uniform numbers: nearly normal, variance 1, never beyond 3.5.
double nearlyNormal(std::uint64_t bits) {
    double sum = 0;
    for (int part = 0; part < 4; ++part)
        sum += static_cast<double>((bits >> (16 * part)) & 0xffffU);
    constexpr double unit = 1.0 / 65536;
    return ((sum + 2) * unit - 2) * std::sqrt(3.0);
}

std::uint64_t keyOf(const AttentionCase& problem, Input input) {
    return mixBits((static_cast<std::uint64_t>(problem.seed) << 3U) +
                   static_cast<std::uint64_t>(input));
}

struct HeadColumns {
    std::int64_t heads = 1;
    std::int64_t columns = 1;
};

at::Tensor makeTensor(const AttentionCase& problem, Input input, const HeadColumns& shape,
                      const std::vector<TokenSpan>& tokens) {
    const std::int64_t width = shape.heads * shape.columns;
    const std::vector<TokenSpan> own = spansBefore(tokens, problem.tokens);
    const std::int64_t padding = tokenCount(tokens) - tokenCount(own);
    at::Tensor values = at::empty({problem.batch, tokenCount(own), shape.heads, shape.columns},
                                  at::TensorOptions(at::kDouble));
    const std::uint64_t key = keyOf(problem, input);
    double* next = values.mutable_data_ptr<double>();
    for (std::int64_t item = 0; item < problem.batch; ++item) {
        for (const TokenSpan& span : own) {
            const std::int64_t first = (item * problem.tokens + span.begin) * width;
            for (std::int64_t i = first; i < first + span.size() * width; ++i)
                *next++ = nearlyNormal(mixBits(key + static_cast<std::uint64_t>(i)));
        }
    }
    if (padding > 0) values = at::constant_pad_nd(values, {0, 0, 0, 0, 0, padding});
    return values.to(scalarTypeOf(problem.type));
}

// Such that what it makes of latents has variance 1 again.
at::Tensor makeWeight(const AttentionCase& problem) {
    const std::int64_t columns = problem.latent->columns;
    at::Tensor values =
        at::empty({problem.kvHeads * 2 * (problem.headDim - problem.latent->rotary), columns},
                  at::TensorOptions(at::kDouble));
    const std::uint64_t key = keyOf(problem, Input::Weight);
    double* next = values.mutable_data_ptr<double>();
    for (std::int64_t i = 0; i < values.numel(); ++i)
        *next++ = nearlyNormal(mixBits(key + static_cast<std::uint64_t>(i)));
    return values.div_(std::sqrt(static_cast<double>(columns))).to(scalarTypeOf(problem.type));
}

}  // namespace

CaseInputs makeInputs(const AttentionCase& problem, const std::vector<TokenSpan>& tokens) {
    const auto heads = [&](Input input, std::int64_t count) {
        return makeTensor(problem, input, {count, problem.headDim}, tokens);
    };
    CaseInputs inputs{.q = heads(Input::Q, problem.heads),
                      .k = {},
                      .v = {},
                      .dOut = heads(Input::DOut, problem.heads)};
    if (problem.latent) {
        inputs.k = makeTensor(problem, Input::K, {1, problem.latent->width()}, tokens);
        inputs.weight = makeWeight(problem);
    } else {
        inputs.k = heads(Input::K, problem.kvHeads);
        inputs.v = heads(Input::V, problem.kvHeads);
    }
    return inputs;
}

std::pair<at::Tensor, at::Tensor> headsOfLatents(const AttentionCase& problem,
                                                 const at::Tensor& latents,
                                                 const at::Tensor& weight, const HeadSpan& heads) {
    const std::int64_t rotary = problem.latent->rotary;
    const std::int64_t plain = problem.headDim - rotary;
    const at::Tensor rows =
        weight.narrow(0, heads.begin * 2 * plain, heads.size() * 2 * plain).to(latents.dtype());
    const at::Tensor made = at::matmul(latents.narrow(2, 0, problem.latent->columns), rows.t())
                                .unflatten(2, {heads.size(), -1});
    const at::Tensor shared = latents.narrow(2, problem.latent->columns, rotary)
                                  .unsqueeze(2)
                                  .expand({-1, -1, heads.size(), -1});
    return {at::cat({made.narrow(3, 0, plain), shared}, 3).contiguous(),
            at::constant_pad_nd(made.narrow(3, plain, plain), {0, rotary}).contiguous()};
}

std::vector<TokenSpan> allTokens(const AttentionCase& problem) { return {{0, problem.tokens}}; }

CaseInputs inputsOfRank(const AttentionCase& problem, const Schedule& schedule, int rank) {
    CaseInputs inputs = makeInputs(problem, heldTokens(schedule, rank));
    if (!schedule.replicated) return inputs;
    const std::int64_t ranks = schedule.ranks;
    for (std::int64_t token = 0; token < problem.tokens; ++token)
        if (token % ranks != rank) inputs.dOut.select(1, token).zero_();
    return inputs;
}

void disturb(CaseInputs& inputs, const std::vector<TokenSpan>& tokens,
             const Disturbance& disturbance) {
    const at::Tensor& changed = inputs.v.defined() ? inputs.v : inputs.k;
    std::int64_t row = 0;
    for (const TokenSpan& span : tokens) {
        if (span.begin <= disturbance.token && disturbance.token < span.end)
            changed.select(0, 0)
                .select(0, row + disturbance.token - span.begin)
                .add_(disturbance.amount);
        row += span.size();
    }
}

}  // namespace ringscope
