// The inputs of an attention problem, element by element from its seed: every rank makes the tokens
// it holds, and all make the same.
#pragma once

#include "backend/plan/layout.h"
#include "backend/plan/schedule.h"
#include "backend/verify/attention_case.h"

#include <ATen/core/Tensor.h>
#include <utility>
#include <vector>

namespace ringscope {

struct CaseInputs {
    at::Tensor q;         // (B, n, Hq, D)
    at::Tensor k;         // (B, n, Hk, D); latents (B, n, 1, C)
    at::Tensor v;         // (B, n, Hk, D); of latents not defined
    at::Tensor dOut;      // (B, n, Hq, D)
    at::Tensor weight{};  // of latents: (Hk 2 (D - rotary), columns); a head's key, then its value
};

// Keys and values (B, n, h, D) of the heads `heads` from latents (B, n, C) with the inputs' weight,
// in any type; differentiable.
std::pair<at::Tensor, at::Tensor> headsOfLatents(const AttentionCase& problem,
                                                 const at::Tensor& latents,
                                                 const at::Tensor& weight, const HeadSpan& heads);

// The rows of `tokens`, in this order; 0 behind the problem's last token. About normally
// distributed, in the problem's number type.
CaseInputs makeInputs(const AttentionCase& problem, const std::vector<TokenSpan>& tokens);

// Every token of the problem.
std::vector<TokenSpan> allTokens(const AttentionCase& problem);

// The inputs of a rank; padding, at the end of its rows, is 0. Where activations are replicated,
// its dOut has only the rows of every P-th token: the ranks' parts add up to the whole exactly, and
// no part is that of the rank's own tokens.
CaseInputs inputsOfRank(const AttentionCase& problem, const Schedule& schedule, int rank);

// Adds `amount` to every value of one token, in batch item 0; or to its latent.
struct Disturbance {
    std::int64_t token = 0;
    double amount = 0;
};
void disturb(CaseInputs& inputs, const std::vector<TokenSpan>& tokens,
             const Disturbance& disturbance);

}  // namespace ringscope
