// One attention layer of one rank under one mode: runs the rank's part of a Schedule.
//
//     auto attention = Attention::make(plan.schedule, rank, group, {});
//     at::Tensor out = (*attention)->attend(q, k, v);    // (B, n, Hq, D), differentiable
//
// n is the number of tokens the rank holds (all tokens where the schedule is replicated), in the
// order of Schedule::owned. What is sent counts as Purpose::Attention.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/schedule.h"
#include "kernels/comm/group.h"

#include <ATen/core/Tensor.h>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace ringscope {

struct AttentionOptions {
    std::optional<double> scale{};     // of the scores; absent: 1 / sqrt(D)
    std::optional<double> softcap{};   // scores are squashed to stay within it
    bool alibi = false;                // scores fall with the distance of the tokens
    double dropout = 0;                // share of attention weights that are dropped
    std::uint64_t seed = 0;            // decides which; setSeed() changes it
    std::chrono::nanoseconds delay{};  // held up by this before each pass, on purpose

    // The schedule is for a part of the heads, and they go in so many turns; see MessageFit.
    std::int64_t turns = 1;
    std::int64_t bufferLimit = std::int64_t{1} << 30;  // bytes of communication buffers

    // Whether blocks need not know their tokens. Else the schedule comes from masked().
    bool plain() const { return !softcap && !alibi && dropout == 0; }
};

// What backward() needs of forward(). The tensors' meaning is the executor's.
struct SavedAttention {
    std::vector<at::Tensor> tensors;
    std::int64_t kvHeads = 1;
    int layer = -1;  // of the model
    int step = 0;    // of the training, for traces: a GPU's backward runs on a thread of its own
    std::uint64_t seed = 0;  // of the dropout
};

struct AttentionOutput {
    at::Tensor out;  // (B, n, Hq, D)
    SavedAttention saved;
    at::Tensor lse{};  // of the rows and heads the rank attended for: (B, rows, heads)
};

struct QueryKeyValue;

struct AttentionGradients {
    at::Tensor q;  // (B, n, Hq, D)
    at::Tensor k;  // (B, n, Hk, D)
    at::Tensor v;  // (B, n, Hk, D)
};

class Attention {
public:
    // The group outlives the Attention, and both outlive every graph made by attend().
    static Result<std::unique_ptr<Attention>> make(const Schedule& schedule, int rank, Group& group,
                                                   const AttentionOptions& options = {});
    ~Attention();

    // q (B, n, Hq, D), k and v (B, n, Hk, D), contiguous. All ranks call it and its backward pass
    // in the same order. Throws GroupError. Counts as the model's next layer in a trace.
    at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) const;

    // The same without autograd.
    AttentionOutput forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) const;
    AttentionGradients backward(const SavedAttention& saved, const at::Tensor& dOut) const;

    // Other blocks than the schedule's from the next forward pass on (maskedSteps()), until the
    // backward pass that belongs to it is over. Transfers stay what they are.
    void setBlocks(RankSchedule steps, AttentionMask mask);

    // Other weights are dropped from the next forward pass on; the same seed on every rank.
    void setSeed(std::uint64_t seed);

    // Of the buffers of messages: the most that was in use at once, and allocations so far.
    std::int64_t mostBufferBytes() const;
    std::int64_t bufferAllocations() const;

private:
    struct State;
    explicit Attention(std::unique_ptr<State> state);
    AttentionOutput forwardInTurns(const QueryKeyValue& input, std::uint64_t seed, int layer) const;
    AttentionGradients backwardInTurns(const SavedAttention& saved, const at::Tensor& dOut) const;

    std::unique_ptr<State> state_;
};

}  // namespace ringscope
