#include "backend/memory/layer_memory.h"

#include <utility>

namespace ringscope {

LayerMemory::LayerMemory(RankWriter& writer, const RunPlan& plan, int index,
                         AttentionMemory& attention, std::int64_t rows)
    : writer_(writer),
      plan_(plan),
      index_(index),
      attention_(attention),
      rows_(rows),
      experts_(plan.layers[static_cast<std::size_t>(index)].experts) {
    if (attention.travelAsLatents()) expansion_ = latentExpansion(writer);
}

AddProjectionMemory LayerMemory::outputProjection() const {
    const ModelConfig& model = writer_.model();
    return {writer_,
            {.rows = rows_,
             .in = model.heads * model.valueDim(),
             .out = model.hiddenSize,
             .norm = model.normPlace != NormPlace::Before,
             .bias = model.outputBias,
             .stem = "attention.output"}};
}

FeedForwardMemory LayerMemory::feedForward() const {
    const ModelConfig& model = writer_.model();
    return {writer_,
            {.rows = rows_,
             .inner = experts_ ? model.experts.sharedSize : model.ffnSize,
             .isApart = experts_ || model.parallelResidual,
             .shared = experts_,
             .tile = plan_.config.memory.tileMlp}};
}

Held LayerMemory::forward(const Held& x, SpanPass pass, bool graph) {
    writer_.program().at(index_, pass);
    if (!graph || !keepsAttention()) return afterAttention(x, attended(x, graph), graph);
    input_ = x;
    attended_ = attended(x, graph);
    return afterAttention(x, attended_, /*graph=*/false);
}

Held LayerMemory::attended(const Held& x, bool graph) {
    const ModelConfig& model = writer_.model();
    AttentionOutputMemory output;
    if (isLatent()) {
        latentHeads_.emplace(writer_, rows_, rows_ / plan_.attention.batch);
        const LatentHeadsMemory::Heads heads = latentHeads_->forward(x);
        if (!graph) latentHeads_.reset();
        if (attention_.travelAsLatents()) {
            output = attention_.forward(heads.q, heads.latent, {}, &expansion_);
        } else {
            expand_.emplace(writer_, rows_, model.heads);
            const KeyMemory keys = expand_->forward();
            output = attention_.forward(heads.q, keys.k, keys.v);
            if (!graph) expand_.reset();
        }
    } else {
        heads_.emplace(writer_, rows_);
        const HeadProjectionMemory::Heads heads = heads_->forward(x);
        if (!graph) heads_.reset();
        if (isSparse()) gateBranches(x);
        output = attention_.forward(heads.q, heads.k, heads.v, nullptr, branchGates_);
        if (!graph) branchGate_.reset();
        if (!graph) branchGates_ = {};
    }
    if (graph) saved_ = std::move(output.saved);
    if (model.valueDim() == model.headDim()) return output.out;
    return writer_.elements(rows_ * model.heads * model.valueDim());
}

void LayerMemory::gateBranches(const Held& x) {
    branchGate_.emplace(writer_, PieceSizes{.rows = rows_,
                                            .in = writer_.model().hiddenSize,
                                            .out = gateNumbers(),
                                            .norm = writer_.model().normPlace != NormPlace::After,
                                            .stem = "attention.gate"});
    const Held projected = branchGate_->forward(x);
    branchGates_ = writer_.elements(rows_ * gateNumbers());
}

Held LayerMemory::afterAttention(const Held& x, Held attended, bool graph) {
    output_.emplace(outputProjection());
    const Held between = output_->forward(attended);
    attended = {};
    if (!graph) output_.reset();
    const Held& read = writer_.model().parallelResidual ? x : between;
    if (experts_) return mixed(read, graph);
    feedForward_.emplace(feedForward());
    Held out = feedForward_->forward(read);
    if (!graph) feedForward_.reset();
    return out;
}

Held LayerMemory::mixed(const Held& read, bool graph) {
    const ModelConfig& model = writer_.model();
    const ExpertSizes sizes{.rows = rows_,
                            .sharing = plan_.expertRanks,
                            .scored = plan_.config.train.routerAuxLoss != 0,
                            .tile = plan_.config.memory.tileMlp};
    router_.emplace(writer_, sizes);
    router_->forward(read);
    chosen_.emplace(writer_, sizes);
    Held out = chosen_->forward(read, *router_);
    if (!graph) router_.reset();
    if (!graph) chosen_.reset();
    if (model.experts.sharedSize == 0) return out;
    feedForward_.emplace(feedForward());
    if (model.experts.sharedGate) {
        const Held zeros = writer_.elements(hiddenNumbers());
        shared_ = feedForward_->forward(read);
        gate_.emplace(writer_, PieceSizes{.rows = rows_, .in = model.hiddenSize, .out = 1});
        gate_->forward(read);
        gates_ = writer_.elements(rows_);
        const Held gated = writer_.elements(hiddenNumbers());
        out = writer_.elements(hiddenNumbers());
        if (!graph) gate_.reset();
        if (!graph) shared_ = gates_ = {};
    } else {
        out = feedForward_->forward(read);
    }
    if (!graph) feedForward_.reset();
    return out;
}

Held LayerMemory::backward(Held dOut) {
    writer_.program().at(index_, SpanPass::Backward);
    Held dX, dAttended;
    if (keepsAttention()) {
        // What is computed again, its gradient and its output live as long as its way back.
        const Held dLast = dOut;
        writer_.program().at(index_, SpanPass::Recompute);
        const Held last = afterAttention(input_, attended_, /*graph=*/true);
        writer_.program().at(index_, SpanPass::Backward);
        dAttended = afterAttentionBackward(std::move(dOut), dX);
        input_ = attended_ = {};
    } else {
        dAttended = afterAttentionBackward(std::move(dOut), dX);
    }
    if (writer_.model().valueDim() != writer_.model().headDim())
        dAttended = writer_.elements(rows_ * writer_.model().heads * writer_.model().headDim());
    const Held dHere = attendedBackward(std::exchange(dAttended, {}));
    return dX;
}

Held LayerMemory::afterAttentionBackward(Held dOut, Held& dX) {
    Held dRead;
    Held dBetween =
        experts_ ? mixedBackward(std::move(dOut), dRead) : fedBackward(std::move(dOut), dRead);
    Held dAttended = output_->backward();
    output_.reset();
    dX = writer_.model().parallelResidual ? std::move(dRead) : std::move(dBetween);
    return dAttended;
}

// The gradient of what attention's output is added to.
Held LayerMemory::fedBackward(Held dOut, Held& dRead) {
    Held dx = feedForward_->backward();
    feedForward_.reset();
    if (!writer_.model().parallelResidual) return dx;
    dRead = std::move(dx);
    return dOut;
}

Held LayerMemory::mixedBackward(Held dOut, Held& dRead) {
    if (gate_) {
        const Held dShared = writer_.elements(hiddenNumbers());
        const Held products = writer_.elements(hiddenNumbers());
        dRead = gate_->backward();
        gate_.reset();
        gates_ = shared_ = {};
        feedForward_->backward();
    } else if (feedForward_) {
        dRead = feedForward_->backward();
    }
    feedForward_.reset();
    {
        const ExpertsMemory::Gradients gradients = chosen_->backward();
        if (!dRead.defined()) dRead = gradients.x;
    }
    chosen_.reset();
    router_->backward();
    router_.reset();
    return writer_.model().parallelResidual ? std::move(dOut) : dRead;
}

Held LayerMemory::attendedBackward(const Held& dAttended) {
    const LatentExpansion* expansion = attention_.travelAsLatents() ? &expansion_ : nullptr;
    AttentionGradientMemory gradients = attention_.backward(*saved_, dAttended, expansion);
    saved_.reset();
    if (!isLatent()) {
        Held dGated;
        if (isSparse()) {
            const Held dGate = writer_.elements(rows_ * gateNumbers());
            branchGates_ = gradients.gates = {};
            dGated = branchGate_->backward();
            branchGate_.reset();
        }
        Held dx = heads_->backward();
        heads_.reset();
        return dx;
    }
    Held dLatent = gradients.k;
    if (expand_) {
        dLatent = expand_->backward();
        gradients.k = gradients.v = {};
        expand_.reset();
    }
    Held dx = latentHeads_->backward(std::exchange(gradients.q, {}), std::move(dLatent));
    latentHeads_.reset();
    return dx;
}

}  // namespace ringscope
