// Attention as one rank computes it under one mode: runs the rank's part of a Schedule, for every
// layer of the model.
//
//     auto attention = Attention::make(plan.schedule(), rank, group, {});
//     at::Tensor out = (*attention)->attend({.layer = 0}, q, k, v);  // (B, n, Hq, D)
//
// n is the number of tokens the rank holds (all tokens where the schedule is replicated), in the
// order of Schedule::owned. What is sent counts as Purpose::Attention.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/schedule.h"
#include "kernels/attention/compression.h"
#include "kernels/attention/sinks.h"
#include "kernels/comm/group.h"

#include <ATen/core/Tensor.h>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace ringscope {

struct AttentionOptions {
    std::optional<double> scale{};     // of the scores; absent: 1 / sqrt(D)
    std::optional<double> softcap{};   // scores are squashed to stay within it
    bool alibi = false;                // scores fall with the distance of the tokens
    double dropout = 0;                // share of attention weights that are dropped
    std::chrono::nanoseconds delay{};  // slept before each pass: debug.slow_rank

    // The schedule is for a part of the heads, and they go in so many turns; see MessageFit.
    std::int64_t turns = 1;
    std::int64_t bufferLimit = std::int64_t{1} << 30;  // bytes of communication buffers

    // Whether blocks need not know their tokens. If not, the schedule must come from masked().
    bool plain() const { return !softcap && !alibi && dropout == 0; }
};

// One rank's steps with blocks cut to a mask: what maskedSteps() returns for `mask`.
struct AttentionBlocks {
    RankSchedule steps;
    AttentionMask mask;
    ShardLayout owned{};  // whose tokens the rows are; of no ranks: as the schedule's
};

// One use of the layer: what the numbers depend on besides q, k and v. Layer and seed must be the
// same on all ranks.
struct AttentionCall {
    int layer = 0;           // of the model; each drops other weights
    std::uint64_t seed = 0;  // of the dropout: another one drops other weights
    // This rank's, instead of the schedule's. The transfers must be those of the schedule.
    std::shared_ptr<const AttentionBlocks> blocks{};
    Sinks sinks{};  // of the layer
    // Of the layer, where attention is native sparse: the schedule's pattern is its selected branch
    // (backend/plan/native_sparse.h), and each query comes with gates.
    std::optional<SparseParts> sparse{};
    bool drops = true;  // AttentionOptions::dropout holds; must be so where a backward pass follows
    int step = 0;       // of the training; traces show it, nothing is computed from it
};

// Keys and values (B, r, h, D) of the heads `heads` from rows of latents (B, r, C), contiguous.
// Differentiable in the rows; the gradients of parameters it adds up itself.
using KeyExpansion =
    std::function<std::pair<at::Tensor, at::Tensor>(const at::Tensor& rows, const HeadSpan& heads)>;

// Keys and values of all heads as one latent a token, (B, n, C).
struct LatentKeys {
    at::Tensor latent;
    KeyExpansion expand;
    std::int64_t heads = 1;  // of keys
};

// What backward() needs of forward(). Each executor decides which tensors it saves.
struct SavedAttention {
    std::vector<at::Tensor> tensors;
    std::int64_t kvHeads = 1;
    AttentionCall call{};
    KeyExpansion expand{};  // of latents; empty: of heads
};

struct AttentionOutput {
    at::Tensor out;  // (B, n, Hq, D)
    SavedAttention saved;
    at::Tensor lse{};  // of the rows and heads the rank attended for: (B, rows, heads)
};

struct QueryKeyValue;

struct AttentionGradients {
    at::Tensor q;        // (B, n, Hq, D)
    at::Tensor k;        // (B, n, Hk, D); of latents (B, n, C)
    at::Tensor v;        // (B, n, Hk, D); of latents not defined
    at::Tensor gates{};  // (B, n, Hq, 3), of native sparse attention
};

class Attention {
public:
    // The group must outlive the Attention, and both must outlive every graph made by attend().
    static Result<std::unique_ptr<Attention>> make(const Schedule& schedule, int rank, Group& group,
                                                   const AttentionOptions& options = {});
    ~Attention();

    // q (B, n, Hq, D), k and v (B, n, Hk, D), contiguous; differentiable. All ranks must call it,
    // and run its backward pass, in the same order. The same call with the same tensors gives the
    // same output and gradients. Any number of forward passes may come before the first backward
    // pass. Throws GroupError.
    at::Tensor attend(const AttentionCall& call, const at::Tensor& q, const at::Tensor& k,
                      const at::Tensor& v) const;

    // Native sparse attention: call.sparse is set, and gates are (B, n, Hq, 3), contiguous.
    at::Tensor attend(const AttentionCall& call, const at::Tensor& q, const at::Tensor& k,
                      const at::Tensor& v, const at::Tensor& gates) const;

    // The same of latents. They travel as such where the schedule says so; where it does not, they
    // become heads first.
    at::Tensor attend(const AttentionCall& call, const at::Tensor& q, const LatentKeys& keys) const;

    // The same without autograd; latents only where the schedule lets them travel.
    AttentionOutput forward(const AttentionCall& call, const at::Tensor& q, const at::Tensor& k,
                            const at::Tensor& v, const at::Tensor& gates = {}) const;
    AttentionOutput forward(const AttentionCall& call, const at::Tensor& q,
                            const LatentKeys& keys) const;
    AttentionGradients backward(const SavedAttention& saved, const at::Tensor& dOut) const;

    bool travelAsLatents() const;

    // Allocations of buffers of messages so far.
    std::int64_t bufferAllocations() const;

private:
    struct State;
    explicit Attention(std::unique_ptr<State> state);
    AttentionOutput run(const AttentionCall& call, const QueryKeyValue& input,
                        const KeyExpansion& expand, std::int64_t keyHeads) const;
    AttentionOutput forwardInTurns(const AttentionCall& call, const QueryKeyValue& input) const;
    AttentionGradients backwardInTurns(const SavedAttention& saved, const at::Tensor& dOut) const;

    std::unique_ptr<State> state_;
};

}  // namespace ringscope
