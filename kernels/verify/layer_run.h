// One attention layer under a mode, as one rank runs it, and its results brought together on rank
// 0.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/schedule.h"
#include "kernels/attention/attention.h"
#include "kernels/comm/group.h"
#include "kernels/verify/case_inputs.h"
#include "kernels/verify/reference.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace ringscope {

// One rank's results. Rows as the rank holds them; gradients of a replicated model are parts of a
// sum over the ranks.
struct LayerShare {
    CaseResults results{};
    std::int64_t bytesSent = 0;  // forward and backward
    std::int64_t nanoseconds = 0;
};

CaseInputs inputsOn(const at::Device& device, const CaseInputs& inputs);

// The call that the reference is computed for.
AttentionCall callOf(const AttentionCase& problem);

// The inputs must be on the device that the rank computes on, and so are the results.
LayerShare runLayer(const AttentionCase& problem, const Attention& attention,
                    const AttentionCall& call, Group& group, const CaseInputs& inputs);
AttentionOutput runForward(const AttentionCase& problem, const Attention& attention,
                           const AttentionCall& call, const CaseInputs& inputs);

// Where a rank's lse belongs: rows of `tokens`, of heads from `firstHead`.
struct LsePlace {
    std::vector<TokenSpan> tokens;
    std::int64_t firstHead = 0;
};
LsePlace lsePlace(const Schedule& schedule, int rank);

// All ranks' shares in token order, on rank 0's host. Of a replicated model's outputs each row is
// taken from a rank that did not compute it, so that what was gathered is looked at.
struct GatheredLayer {
    CaseResults results{};
    std::vector<std::int64_t> bytesSent{};  // by rank
    std::int64_t nanoseconds = 0;           // of the slowest rank
};

// Called on rank 0 with each rank's share, in rank order.
using SeeShare = std::function<void(int rank, const CaseResults& share)>;

// Collective. Only rank 0 gets results.
GatheredLayer gatherLayer(const AttentionCase& problem, const Schedule& schedule, Group& group,
                          const LayerShare& share, const SeeShare& see);

// The same for an output alone: (B, S, Hq, D), on rank 0.
at::Tensor gatherOutput(const AttentionCase& problem, const Schedule& schedule, Group& group,
                        const at::Tensor& out);

}  // namespace ringscope
