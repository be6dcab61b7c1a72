// Unsharded attention in fp64, written out: scores, mask, softmax, products. Every mode is compared
// with it.
//
//     s    = scale q k^T            then c tanh(s / c), then - slope |i - j|, then the mask
//     lse  = log sum exp(s)         p = exp(s - lse)          out = p v
//     dv   = p^T dOut               ds = p (dOut v^T - rowsum(dOut out))
//     dq   = scale ds k             dk = scale ds^T q
//
// With dropout out and dv take p m and ds takes m dOut v^T, where m is 0 for a dropped weight and
// 1 / (1 - dropout) for the others.
//
// Of a pattern with branches the keys of all of them count, a key as often as branches show it;
// where their weights are constants, ds takes the rowsum of a branch's own output.
//
// It goes over tiles of query rows, so that it never holds S x S numbers. It shares no code with
// the engine except the bits that decide what is dropped; masks come from token positions alone.
#pragma once

#include "backend/plan/layout.h"
#include "backend/verify/attention_case.h"
#include "kernels/verify/case_inputs.h"
#include "kernels/verify/pattern_mask.h"

#include <ATen/core/Tensor.h>
#include <functional>

namespace ringscope {

// The layer that a case stands for: each layer drops other weights.
inline constexpr int verifiedLayer = 0;

// All fp64, in token order.
struct CaseResults {
    at::Tensor out;  // (B, S, Hq, D)
    at::Tensor lse;  // (B, S, Hq)
    at::Tensor dq;   // (B, S, Hq, D)
    at::Tensor dk;   // (B, S, Hk, D); of latents (B, S, 1, C)
    at::Tensor dv;   // (B, S, Hk, D); of the weight of latents (1, rows, 1, columns)
};

// `inputs` hold every token. `progress` is called with the share that is done, by one thread
// at a time.
CaseResults referenceAttention(
    const AttentionCase& problem, const PatternMask& pattern, const CaseInputs& inputs,
    const std::function<void(double share)>& progress = [](double) {});

// (queries, keys), bool: which of these tokens sees which.
at::Tensor visiblePairs(const AttentionCase& problem, TokenSpan queries, TokenSpan keys);

// Of every head: 2^(-8/H), 2^(-16/H), ... where H is a power of two; for another H those of the
// power below, then every other one of the power above.
at::Tensor alibiSlopes(std::int64_t heads);

// How much of each query's output comes from one key token: (S, Hq), batch item 0. 0 of latents,
// which change keys as well as values.
at::Tensor weightsOfKey(const AttentionCase& problem, const PatternMask& pattern,
                        const CaseInputs& inputs, const CaseResults& results, std::int64_t token);

}  // namespace ringscope
