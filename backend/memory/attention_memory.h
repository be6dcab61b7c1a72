// What attention takes in one kind of layer, on one rank, under any mode: a function for each
// executor of kernels/attention, as forward() and backward() run them.
#pragma once

#include "backend/memory/attention_part.h"
#include "backend/plan/run_plan.h"

#include <cstdint>

namespace ringscope {

class AttentionMemory {
public:
    // `rank` among those that share a sequence. Plan, part and writer must outlive it.
    AttentionMemory(RankWriter& writer, const RunPlan& plan, const AttentionPart& part, int rank);

    // Latents come in the place of k, without v.
    AttentionOutputMemory forward(const Held& q, const Held& k, const Held& v,
                                  const LatentExpansion* expansion = nullptr,
                                  const Held& gates = {});
    AttentionGradientMemory backward(const SavedAttentionMemory& saved, const Held& dOut,
                                     const LatentExpansion* expansion = nullptr);

    bool travelAsLatents() const { return part_.schedule.latent; }

private:
    AttentionPartMemory partOf(const LatentExpansion* expansion);
    AttentionOutputMemory inTurns(const Held& q, bool gated);
    AttentionGradientMemory backInTurns(const SavedAttentionMemory& saved);

    RankWriter& writer_;
    const AttentionPart& part_;
    int rank_;
    RankSchedule steps_;
    MessagePool pool_;
    BlockSizes sizes_{};  // of one turn
    std::int64_t latentColumns_;
};

}  // namespace ringscope
