#include "backend/memory/state_memory.h"

#include "backend/plan/memory_zero.h"
#include "backend/plan/optimizer_state.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

// As trainedRanges() in kernels/train/sharded_optimizer.cpp.
MomentScalars momentScalars(const std::vector<ParameterSpec>& list, const BufferPart& owned,
                            bool eightBit) {
    MomentScalars scalars;
    for (const ParameterSpec& spec : list) {
        const std::int64_t first = std::max(owned.begin, spec.offset);
        const std::int64_t end = std::min(owned.begin + owned.count, spec.offset + spec.elements());
        if (!spec.trained || first >= end) continue;
        if (!eightBit || !canHave8BitState(spec)) {
            scalars.exact += end - first;
            continue;
        }
        const std::int64_t missing = (first - spec.offset) % eightBitBlock;
        scalars.eightBit += end - first;
        scalars.blocks += (missing + end - first + eightBitBlock - 1) / eightBitBlock;
    }
    return scalars;
}

}  // namespace

PartMemory::PartMemory(RankWriter& writer, const BufferPart& span, const Sharing& sharing,
                       const MomentsOf& moments)
    : writer_(writer),
      scalars_(span.count),
      slice_(span.count / sharing.ranks),
      level_(sharing.ranks == 1 ? 0 : sharing.level),
      shared_(sharing.ranks > 1) {
    if (!dividesValues()) values_ = of(MemoryCategory::Parameters, scalars_, writer.elementBytes());
    if (!dividesGradients())
        gradients_ = of(MemoryCategory::Gradients, scalars_, writer.sumBytes());
    if (shared_) {
        if (dividesValues())
            always_.push_back(of(MemoryCategory::Parameters, slice_, writer.elementBytes()));
        always_.push_back(
            of(dividesGradients() ? MemoryCategory::Gradients : MemoryCategory::Communication,
               slice_, writer.sumBytes()));
        if (writer.hasTwoBytes() && level_ != 0 && !dividesValues())
            always_.push_back(of(MemoryCategory::Communication, slice_, writer.elementBytes()));
    }
    const BufferPart owned =
        level_ == 0 ? span : BufferPart{span.begin + sharing.place * slice_, slice_};
    keepState(owned.count, moments(owned));
}

// Mean and square of each, and the values themselves where they are rounded.
void PartMemory::keepState(std::int64_t owned, const MomentScalars& moments) {
    if (writer_.hasTwoBytes())
        always_.push_back(of(MemoryCategory::Optimizer, owned, writer_.sumBytes()));
    for (int moment = 0; moment < 2; ++moment) {
        always_.push_back(of(MemoryCategory::Optimizer, moments.exact, writer_.sumBytes()));
        always_.push_back(of(MemoryCategory::Optimizer, moments.eightBit, 1));
        always_.push_back(of(MemoryCategory::Optimizer, moments.blocks, sizeof(float)));
    }
}

Held PartMemory::of(MemoryCategory category, std::int64_t scalars, std::int64_t bytesEach) {
    const CategoryScope scope(writer_.program(), category);
    return writer_.program().hold(scalars * bytesEach);
}

void PartMemory::fetchValues() {
    if (!dividesValues() || values_.defined()) return;
    values_ = of(MemoryCategory::Parameters, scalars_, writer_.elementBytes());
    gathering_ = writer_.gathersCopy(values_.bytes());
}

void PartMemory::useValues() {
    fetchValues();
    gathering_ = {};
}

void PartMemory::dropValues() {
    if (dividesValues()) values_ = {};
}

void PartMemory::openGradients() {
    if (dividesGradients() && !gradients_.defined())
        gradients_ = of(MemoryCategory::Gradients, scalars_, writer_.sumBytes());
}

void PartMemory::closeGradients() {
    if (!dividesGradients()) return;
    if (summed_) incoming_ = of(MemoryCategory::Communication, slice_, writer_.sumBytes());
    if (writer_.onCpu()) slices_ = of(MemoryCategory::Communication, scalars_, writer_.sumBytes());
    reducing_ = true;
}

void PartMemory::settleGradients() {
    if (!std::exchange(reducing_, false)) return;
    slices_ = {};
    summed_ = true;
    incoming_ = {};
    gradients_ = {};
}

// Gloo exchanges slices, and each rank adds up its own.
void PartMemory::update() {
    if (!shared_) return;
    if (!dividesGradients()) {
        const Held slices = writer_.onCpu() ? writer_.sums(scalars_) : Held{};
    }
    if (level_ == 0) const Held sums = writer_.gathersCopy(gradients_.bytes());
    if (level_ != 0 && !dividesValues()) const Held values = writer_.gathersCopy(values_.bytes());
}

StateMemory::StateMemory(RankWriter& writer, const RunPlan& plan, int rank) : writer_(writer) {
    const ParameterShare share = parameterShareOf(plan);
    const bool eightBit = plan.config.train.optimizer == OptimizerKind::AdamW8bit;
    for (const SharePart& part : share.parts) {
        const std::int64_t apart = part.experts ? plan.expertRanks : 1;
        PartMemory& made = parts_.emplace_back(
            writer, part.span,
            PartMemory::Sharing{.ranks = plan.ranks / apart,
                                .place = rank / apart,
                                .level = plan.config.memory.zero},
            [&](const BufferPart& owned) { return momentScalars(share.list, owned, eightBit); });
        if (part.unit < 0) continue;
        units_.resize(static_cast<std::size_t>(part.unit) + 1);
        units_.back().push_back(&made);
    }
}

void StateMemory::beginStep() {
    for (PartMemory& part : parts_) part.clearGradients();
}

void StateMemory::useValues(int unit, SpanPass pass) {
    if (!inUnits()) return;
    for (PartMemory* part : units_[static_cast<std::size_t>(unit)]) part->useValues();
    int next = -1;
    if (pass == SpanPass::Forward && unit + 1 < static_cast<int>(units_.size())) next = unit + 1;
    if (pass == SpanPass::Backward && unit > layerUnit(0)) next = unit - 1;
    if (next < 0) return;
    for (PartMemory* part : units_[static_cast<std::size_t>(next)]) part->fetchValues();
}

void StateMemory::dropValues(int unit) {
    if (!inUnits()) return;
    for (PartMemory* part : units_[static_cast<std::size_t>(unit)]) part->dropValues();
}

void StateMemory::openGradients(int unit) {
    if (!inUnits()) return;
    for (PartMemory* part : units_[static_cast<std::size_t>(unit)]) part->openGradients();
}

void StateMemory::closeGradients(int unit) {
    if (!inUnits()) return;
    settle();
    for (PartMemory* part : units_[static_cast<std::size_t>(unit)]) part->closeGradients();
    closed_ = unit;
}

void StateMemory::settle() {
    if (const int unit = std::exchange(closed_, -1); unit >= 0)
        for (PartMemory* part : units_[static_cast<std::size_t>(unit)]) part->settleGradients();
}

void StateMemory::endBackward() {
    closeGradients(embeddingUnit);
    settle();
}

void StateMemory::update() {
    writer_.program().at(-1, SpanPass::Update);
    for (PartMemory& part : parts_) part.update();
}

}  // namespace ringscope
