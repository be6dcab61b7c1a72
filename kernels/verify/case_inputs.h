// The inputs of an attention problem, element by element from its seed: every rank makes the tokens
// it holds, and all make the same.
#pragma once

#include "backend/plan/layout.h"
#include "backend/plan/schedule.h"
#include "backend/verify/attention_case.h"

#include <ATen/core/Tensor.h>
#include <vector>

namespace ringscope {

struct CaseInputs {
    at::Tensor q;     // (B, n, Hq, D)
    at::Tensor k;     // (B, n, Hk, D)
    at::Tensor v;     // (B, n, Hk, D)
    at::Tensor dOut;  // (B, n, Hq, D)
};

// The rows of `tokens`, in this order; 0 behind the problem's last token. About normally
// distributed, in the problem's number type.
CaseInputs makeInputs(const AttentionCase& problem, const std::vector<TokenSpan>& tokens);

// Every token of the problem.
std::vector<TokenSpan> allTokens(const AttentionCase& problem);

// The inputs of a rank; padding, at the end of its rows, is 0. Where activations are replicated, its dOut has only the rows of every P-th
// token: the ranks' parts add up to the whole exactly, and no part is that of the rank's own
// tokens.
CaseInputs inputsOfRank(const AttentionCase& problem, const Schedule& schedule, int rank);

// Adds `amount` to every value of one token, in batch item 0.
struct Disturbance {
    std::int64_t token = 0;
    double amount = 0;
};
void disturb(at::Tensor& v, const std::vector<TokenSpan>& tokens, const Disturbance& disturbance);

}  // namespace ringscope
