#include "backend/memory/step_program.h"

#include "backend/memory/layer_memory.h"
#include "backend/memory/offload.h"
#include "backend/memory/state_memory.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

class StepWriter {
public:
    StepWriter(AllocationProgram& program, const RunPlan& plan, int rank,
               const MachineTraits& machine);

    void step();

private:
    // Layers of which the first one's input is kept, or one layer.
    struct LayerGroup {
        int begin = 0;
        int end = 0;
        Held input{};
        std::deque<LayerMemory> layers{};
    };
    bool recomputesLayers() const { return plan_.config.memory.recompute == Recompute::Layers; }
    bool offloads() const { return plan_.config.memory.offloadActivations != OffloadPlace::None; }
    Held forward(LayerGroup& group, Held x, SpanPass pass, bool graph);
    Held backward(LayerGroup& group, Held dOut);
    Held embedded();
    Held headLoss();
    Held forwardPass(std::vector<LayerGroup>& groups);
    void microStep();

    AllocationProgram& program_;
    const RunPlan& plan_;
    RankWriter writer_;
    std::deque<AttentionMemory> attention_{};
    std::int64_t tokens_;
    std::int64_t rows_;
    StateMemory state_;
    Held rotary_{};
    Held offloadBuffers_{};
};

StepWriter::StepWriter(AllocationProgram& program, const RunPlan& plan, int rank,
                       const MachineTraits& machine)
    : program_(program),
      plan_(plan),
      writer_(program, plan, machine),
      tokens_(tokenCount(heldTokens(plan.schedule(), rank % (plan.ranks / plan.replicas)))),
      rows_(plan.attention.batch * tokens_),
      state_(writer_, plan, rank) {
    for (const AttentionPart& part : plan.parts)
        attention_.emplace_back(writer_, plan, part, rank % (plan.ranks / plan.replicas));
    const CategoryScope scope(program_, MemoryCategory::Communication);
    if (offloads()) offloadBuffers_ = program_.hold(offloadBufferBytes(plan));
}

Held StepWriter::forward(LayerGroup& group, Held x, SpanPass pass, bool graph) {
    for (int index = group.begin; index < group.end; ++index) {
        const int part = plan_.partOfLayer[static_cast<std::size_t>(index)];
        state_.useValues(layerUnit(index), pass);
        LayerMemory& layer = group.layers.emplace_back(
            writer_, plan_, index, attention_[static_cast<std::size_t>(part)], rows_);
        x = layer.forward(x, pass, graph);
        // The backward pass of the last layer that runs again comes next.
        if (pass != SpanPass::Recompute || index + 1 < group.end)
            state_.dropValues(layerUnit(index));
    }
    return x;
}

// Layers that are computed again keep what they give, and its gradient, until they are done.
Held StepWriter::backward(LayerGroup& group, Held dOut) {
    const bool again = recomputesLayers();
    const Held dLast = again ? dOut : Held{};
    if (again && offloads()) group.input = writer_.elements(rows_ * writer_.model().hiddenSize);
    const Held last =
        again ? forward(group, group.input, SpanPass::Recompute, /*graph=*/true) : Held{};
    for (int index = group.end - 1; index >= group.begin; --index) {
        state_.useValues(layerUnit(index), SpanPass::Backward);
        state_.openGradients(layerUnit(index));
        dOut = group.layers.back().backward(std::move(dOut));
        group.layers.pop_back();
        state_.dropValues(layerUnit(index));
        state_.closeGradients(layerUnit(index));
    }
    group.input = {};
    return dOut;
}

Held StepWriter::embedded() {
    const std::int64_t numbers = rows_ * writer_.model().hiddenSize;
    state_.useValues(embeddingUnit, SpanPass::Forward);
    Held x = writer_.elements(numbers);
    if (writer_.model().position == PositionKind::Learned) {
        const Held positions = writer_.elements(numbers);
        x = writer_.elements(numbers);
    }
    state_.dropValues(embeddingUnit);
    return x;
}

Held StepWriter::headLoss() {
    const int head = headUnit(std::ssize(plan_.layers));
    std::vector<int> units{head};
    if (writer_.model().tiedHead) units.push_back(embeddingUnit);
    for (const int unit : units) {
        state_.useValues(unit, SpanPass::Forward);
        state_.openGradients(unit);
    }
    Held dx = headLossMemory(writer_, rows_, plan_.config.memory.tileLoss);
    for (const int unit : units) state_.dropValues(unit);
    state_.closeGradients(head);
    return dx;
}

// Returns the gradient of what the last layer gave.
Held StepWriter::forwardPass(std::vector<LayerGroup>& groups) {
    program_.at(-1, SpanPass::Forward);
    if (!rotary_.defined() && writer_.model().position == PositionKind::Rope)
        rotary_ = writer_.sums(tokens_ * writer_.model().rotaryDim());
    Held x = embedded();
    for (LayerGroup& group : groups) {
        if (recomputesLayers() && !offloads()) group.input = x;
        x = forward(group, std::move(x), SpanPass::Forward, !recomputesLayers());
        if (recomputesLayers()) group.layers.clear();
    }
    program_.at(-1, SpanPass::Forward);
    return headLoss();
}

void StepWriter::microStep() {
    const int layers = static_cast<int>(plan_.layers.size());
    const int every = recomputesLayers() ? static_cast<int>(plan_.config.memory.recomputeEvery) : 1;
    std::vector<LayerGroup> groups;
    for (int begin = 0; begin < layers; begin += every) {
        LayerGroup& group = groups.emplace_back();
        group.begin = begin;
        group.end = std::min(layers, begin + every);
    }
    const Held tokens = writer_.numbers(rows_);  // the embedding keeps them
    Held labels = writer_.numbers(rows_ + tokens_);
    Held dx = forwardPass(groups);
    if (plan_.config.memory.recompute == Recompute::None) labels = {};
    program_.beginBackward();
    program_.at(-1, SpanPass::Backward);
    for (auto group = groups.rbegin(); group != groups.rend(); ++group)
        dx = backward(*group, std::move(dx));
    program_.at(-1, SpanPass::Backward);
    state_.openGradients(embeddingUnit);
    { const Held wide = writer_.widened(writer_.chunkOf(rows_) * writer_.model().hiddenSize); }
    dx = {};
    state_.endBackward();
}

void StepWriter::step() {
    program_.at(-1, SpanPass::None);
    program_.beginStep();
    state_.beginStep();
    for (std::int64_t micro = 0; micro < plan_.microSteps; ++micro) microStep();
    state_.update();
}

// The second step is the one that is told.
void writeSteps(AllocationProgram& program, const RunPlan& plan, int rank,
                const MachineTraits& machine) {
    StepWriter writer(program, plan, rank, machine);
    writer.step();
    writer.step();
}

}  // namespace

RankTrace stepProgram(const RunPlan& plan, int rank, const MachineTraits& machine) {
    AllocationProgram program;
    writeSteps(program, plan, rank, machine);
    return std::move(program).trace();
}

ProgramPeak stepPeak(const RunPlan& plan, int rank, const MachineTraits& machine) {
    AllocationProgram program;
    writeSteps(program, plan, rank, machine);
    return program.peak();
}

}  // namespace ringscope
