// One layer of the model, for the memory of its tensors: as Transformer::layer() and the way back.
#pragma once

#include "backend/memory/attention_memory.h"
#include "backend/memory/expert_memory.h"
#include "backend/memory/latent_memory.h"
#include "backend/memory/pieces.h"
#include "backend/plan/native_sparse.h"

#include <cstdint>
#include <optional>

namespace ringscope {

class LayerMemory {
public:
    // `attention` is that of the layer's kind. All of them must outlive the layer.
    LayerMemory(RankWriter& writer, const RunPlan& plan, int index, AttentionMemory& attention,
                std::int64_t rows);

    // `graph`: what the way back needs is kept.
    Held forward(const Held& x, SpanPass pass, bool graph);
    // From the gradient of what forward() gave; that of x.
    Held backward(Held dOut);

private:
    bool keepsAttention() const {
        return plan_.config.memory.recompute == Recompute::AttentionKept;
    }
    Held attended(const Held& x, bool graph);
    void gateBranches(const Held& x);
    Held attendedBackward(const Held& dAttended);
    Held afterAttention(const Held& x, Held attended, bool graph);
    // The gradient of what attention gave; that of x, as far as it is known, comes out in dX.
    Held afterAttentionBackward(Held dOut, Held& dX);
    Held mixed(const Held& read, bool graph);
    Held mixedBackward(Held dOut, Held& dRead);
    Held fedBackward(Held dOut, Held& dRead);
    AddProjectionMemory outputProjection() const;
    FeedForwardMemory feedForward() const;
    bool isSparse() const { return writer_.model().attention == AttentionKind::Nsa; }
    std::int64_t gateNumbers() const { return sparseBranches * writer_.model().heads; }
    bool isLatent() const { return writer_.model().attention == AttentionKind::Mla; }
    std::int64_t hiddenNumbers() const { return rows_ * writer_.model().hiddenSize; }

    RankWriter& writer_;
    const RunPlan& plan_;
    int index_;
    AttentionMemory& attention_;
    std::int64_t rows_;
    bool experts_;
    LatentExpansion expansion_{};

    std::optional<HeadProjectionMemory> heads_{};
    std::optional<LatentHeadsMemory> latentHeads_{};
    std::optional<ExpandMemory> expand_{};
    std::optional<ProjectMemory> branchGate_{};  // of native sparse attention
    Held branchGates_{};
    std::optional<SavedAttentionMemory> saved_{};
    std::optional<AddProjectionMemory> output_{};
    std::optional<FeedForwardMemory> feedForward_{};
    std::optional<RouterMemory> router_{};
    std::optional<ExpertsMemory> chosen_{};
    std::optional<ProjectMemory> gate_{};
    Held gates_{};
    Held shared_{};
    Held input_{};  // what afterAttention() is computed from once more
    Held attended_{};
};

}  // namespace ringscope
