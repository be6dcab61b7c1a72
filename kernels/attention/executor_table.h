// The executors: one row for each kind of communication. An executor runs the steps of a
// RankSchedule as they are listed and knows no mode.
#pragma once

#include "backend/plan/schedule.h"
#include "kernels/attention/attention.h"
#include "kernels/block/score_rules.h"
#include "kernels/comm/buffer_pool.h"

namespace ringscope {

// One rank's part of a schedule, and what is needed to run it. All of it must outlive the pass.
struct RankPart {
    const RankSchedule& steps;
    const ShardLayout& owned;
    Group& group;
    BufferPool& pool;
    ScoreRules rules{};
    Sinks sinks{};
    const KeyExpansion* expand = nullptr;  // null: keys and values travel as heads
    std::int64_t keyHeads = 0;             // that latents become
    const AttentionPattern* pattern = nullptr;
    const SparseParts* sparse = nullptr;  // of native sparse attention
};

// q, k and v as Attention::attend takes them. Latents are k, as one head, (B, n, 1, C), without v.
struct QueryKeyValue {
    at::Tensor q;
    at::Tensor k;
    at::Tensor v;
    at::Tensor gates{};  // of native sparse attention, (B, n, Hq, 3)
};

struct ExecutorRow {
    Executor executor;
    bool ranksInTokenOrder;  // needs each rank's tokens to come before the next rank's
    AttentionOutput (*forward)(const RankPart& part, const QueryKeyValue& input);
    AttentionGradients (*backward)(const RankPart& part, const SavedAttention& saved,
                                   const at::Tensor& dOut);
};

const ExecutorRow& executorRow(Executor executor);

AttentionOutput fullForward(const RankPart&, const QueryKeyValue&);
AttentionGradients fullBackward(const RankPart&, const SavedAttention&, const at::Tensor&);
AttentionOutput ringForward(const RankPart&, const QueryKeyValue&);
AttentionGradients ringBackward(const RankPart&, const SavedAttention&, const at::Tensor&);
AttentionOutput allToAllForward(const RankPart&, const QueryKeyValue&);
AttentionGradients allToAllBackward(const RankPart&, const SavedAttention&, const at::Tensor&);
AttentionOutput allGatherForward(const RankPart&, const QueryKeyValue&);
AttentionGradients allGatherBackward(const RankPart&, const SavedAttention&, const at::Tensor&);
AttentionOutput packedRingForward(const RankPart&, const QueryKeyValue&);
AttentionGradients packedRingBackward(const RankPart&, const SavedAttention&, const at::Tensor&);
AttentionOutput keyGatherForward(const RankPart&, const QueryKeyValue&);
AttentionGradients keyGatherBackward(const RankPart&, const SavedAttention&, const at::Tensor&);

}  // namespace ringscope
