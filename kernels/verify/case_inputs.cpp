#include "kernels/verify/case_inputs.h"

#include "backend/core/mix.h"
#include "kernels/device/number_format.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>

#include <cmath>

namespace ringscope {
namespace {

enum class Input : std::uint64_t { Q = 1, K, V, DOut };

// The sum of four uniform numbers: nearly normal, variance 1, never beyond 3.5.
double nearlyNormal(std::uint64_t bits) {
    double sum = 0;
    for (int part = 0; part < 4; ++part)
        sum += static_cast<double>((bits >> (16 * part)) & 0xffffU);
    constexpr double unit = 1.0 / 65536;
    return ((sum + 2) * unit - 2) * std::sqrt(3.0);
}

at::Tensor makeTensor(const AttentionCase& problem, Input input, std::int64_t heads,
                      const std::vector<TokenSpan>& tokens) {
    const std::int64_t width = heads * problem.headDim;
    const std::vector<TokenSpan> own = spansBefore(tokens, problem.tokens);
    const std::int64_t padding = tokenCount(tokens) - tokenCount(own);
    at::Tensor values = at::empty({problem.batch, tokenCount(own), heads, problem.headDim},
                                  at::TensorOptions(at::kDouble));
    const std::uint64_t key = mixBits((static_cast<std::uint64_t>(problem.seed) << 3U) +
                                      static_cast<std::uint64_t>(input));
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

}  // namespace

CaseInputs makeInputs(const AttentionCase& problem, const std::vector<TokenSpan>& tokens) {
    return {makeTensor(problem, Input::Q, problem.heads, tokens),
            makeTensor(problem, Input::K, problem.kvHeads, tokens),
            makeTensor(problem, Input::V, problem.kvHeads, tokens),
            makeTensor(problem, Input::DOut, problem.heads, tokens)};
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

void disturb(at::Tensor& v, const std::vector<TokenSpan>& tokens, const Disturbance& disturbance) {
    std::int64_t row = 0;
    for (const TokenSpan& span : tokens) {
        if (span.begin <= disturbance.token && disturbance.token < span.end)
            v.select(0, 0).select(0, row + disturbance.token - span.begin).add_(disturbance.amount);
        row += span.size();
    }
}

}  // namespace ringscope
