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
#include <memory>
#include <optional>
#include <vector>

namespace ringscope {

struct AttentionOptions {
    std::optional<double> scale{};  // of the scores; absent: 1 / sqrt(D)
};

// What backward() needs of forward(). The tensors' meaning is the executor's.
struct SavedAttention {
    std::vector<at::Tensor> tensors;
    std::int64_t kvHeads = 1;
    int layer = -1;  // of the model, for traces
};

struct AttentionOutput {
    at::Tensor out;  // (B, n, Hq, D)
    SavedAttention saved;
};

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

private:
    struct State;
    explicit Attention(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace ringscope
