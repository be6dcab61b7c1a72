#include "backend/memory/state_memory.h"

#include "backend/memory/offload.h"
#include "backend/model/four_bit.h"
#include "backend/plan/adapter_plan.h"
#include "backend/plan/optimizer_pieces.h"

#include <utility>

namespace ringscope {
PartMemory::PartMemory(RankWriter& writer, const SharePart& part, const PartOwner& owner,
                       std::int64_t level, const Record& record)
    : writer_(writer),
      scalars_(part.span.count),
      owned_(owner.owned.count),
      slice_(part.span.count / owner.ranks),
      level_(owner.ranks == 1 ? 0 : level),
      shared_(owner.ranks > 1),
      frozen_(part.frozen),
      record_(record) {
    if (!comeAndGo()) values_ = of(MemoryCategory::Parameters, scalars_, writer.elementBytes());
    if (!frozen_ && !dividesGradients())
        gradients_ = of(MemoryCategory::Gradients, scalars_, writer.sumBytes());
    if (shared_) {
        if (dividesValues() && !isInFile())
            always_.push_back(of(MemoryCategory::Parameters, slice_, writer.elementBytes()));
        if (frozen_) return;
        always_.push_back(
            of(dividesGradients() ? MemoryCategory::Gradients : MemoryCategory::Communication,
               slice_, writer.sumBytes()));
        if (writer.hasTwoBytes() && level_ != 0 && !dividesValues())
            always_.push_back(of(MemoryCategory::Communication, slice_, writer.elementBytes()));
    }
}

// Mean and square of each, and the values themselves where they are rounded.
void PartMemory::keepState(const MomentScalars& moments) {
    if (writer_.hasTwoBytes())
        always_.push_back(of(MemoryCategory::Optimizer, owned_, writer_.sumBytes()));
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

void PartMemory::readAhead() {
    if (isInFile() && !values_.defined()) record_.file->fetch(record_.index);
}

void PartMemory::fetchValues() {
    if (!comeAndGo() || values_.defined()) return;
    if (isInFile()) record_.file->open(record_.index);
    values_ = of(MemoryCategory::Parameters, scalars_, writer_.elementBytes());
    gathers_ = dividesValues();
    if (gathers_)
        gathering_ = writer_.gathersCopy(values_.bytes());
    else
        record_.file->drop(record_.index);
}

void PartMemory::useValues() {
    fetchValues();
    gathering_ = {};
    if (std::exchange(gathers_, false) && isInFile()) record_.file->drop(record_.index);
}

void PartMemory::dropValues() {
    if (comeAndGo()) values_ = {};
}

void PartMemory::openValues() {
    if (isInFile()) record_.file->open(record_.index);
}

void PartMemory::storeValues() {
    if (isInFile()) record_.file->store(record_.index);
}

void PartMemory::openGradients() {
    if (!frozen_ && dividesGradients() && !gradients_.defined())
        gradients_ = of(MemoryCategory::Gradients, scalars_, writer_.sumBytes());
}

void PartMemory::closeGradients() {
    if (frozen_ || !dividesGradients()) return;
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
void PartMemory::sumGradients() {
    if (frozen_ || !shared_) return;
    if (!dividesGradients()) {
        const Held slices = writer_.onCpu() ? writer_.sums(scalars_) : Held{};
    }
    if (level_ == 0) const Held sums = writer_.gathersCopy(gradients_.bytes());
}

void PartMemory::shareValues() {
    if (!frozen_ && shared_ && level_ != 0 && !dividesValues())
        const Held values = writer_.gathersCopy(values_.bytes());
}

namespace {

// Each linear layer's codes, largest ones and their scales, as one; of experts, the rank's.
Held fourBitMemory(RankWriter& writer, const RunPlan& plan) {
    std::int64_t bytes = 0;
    for (const LinearLayer& layer : plan.fourBitLayers)
        bytes += (layer.isOfExperts() ? layer.experts / plan.expertRanks : 1) *
                 fourBitBytes(layer.rows * layer.columns);
    const CategoryScope scope(writer.program(), MemoryCategory::Parameters);
    return bytes == 0 ? Held{} : writer.program().hold(bytes);
}

}  // namespace

StateMemory::StateMemory(RankWriter& writer, const RunPlan& plan, int rank) : writer_(writer) {
    const MemoryConfig& memory = plan.config.memory;
    const TrainConfig& train = plan.config.train;
    const ParameterShare share = parameterShareOf(plan);
    fourBits_ = fourBitMemory(writer, plan);
    if (memory.offloadParameters != OffloadPlace::None)
        values_.emplace(writer.program(), MemoryCategory::Parameters, valueRecords(plan, rank));
    if (memory.offloadOptimizer != OffloadPlace::None)
        optimizer_.emplace(writer.program(), MemoryCategory::Optimizer,
                           optimizerRecords(plan, rank));
    for (const SharePart& part : share.parts) {
        const PartOwner owner = partOwner(plan, part, rank);
        const PartMemory::Record record{.file = values_ ? &*values_ : nullptr,
                                        .index = parts_.size()};
        PartMemory& made = parts_.emplace_back(writer, part, owner, memory.zero, record);
        if (part.frozen)
            pieces_.push_back(0);
        else if (optimizer_)
            pieces_.push_back(optimizerPieces(share.list, train, owner.owned).size());
        else
            made.keepState(momentScalars(trainedRanges(share.list, train, owner.owned)));
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
    const int next = unitAfter(unit, pass);
    if (next >= 0)
        for (PartMemory* part : units_[static_cast<std::size_t>(next)]) part->fetchValues();
    readAhead(next >= 0 ? next : unit, pass);
}

int StateMemory::unitAfter(int unit, SpanPass pass) const {
    if (pass == SpanPass::Forward && unit + 1 < static_cast<int>(units_.size())) return unit + 1;
    if (pass == SpanPass::Backward && unit > layerUnit(0)) return unit - 1;
    return -1;
}

void StateMemory::readAhead(int unit, SpanPass pass) {
    const bool turns = pass == SpanPass::Forward && unit + 1 == static_cast<int>(units_.size());
    const int next = turns ? unit - 1 : unitAfter(unit, pass);
    if (next >= 0)
        for (PartMemory* part : units_[static_cast<std::size_t>(next)]) part->readAhead();
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
    for (PartMemory& part : parts_) part.sumGradients();
    step();
    for (PartMemory& part : parts_) part.shareValues();
}

void StateMemory::step() {
    std::vector<std::size_t> trained;
    for (std::size_t i = 0; i < parts_.size(); ++i)
        if (!parts_[i].isFrozen()) trained.push_back(i);
    for (std::size_t i = 0; i < trained.size(); ++i) {
        PartMemory& part = parts_[trained[i]];
        part.readAhead();
        if (i + 1 < trained.size()) parts_[trained[i + 1]].readAhead();
        part.openValues();
        if (optimizer_) stepPieces(trained[i]);
        part.storeValues();
    }
    if (optimizer_) optimizer_->settle();
    if (values_) values_->settle();
}

void StateMemory::stepPieces(std::size_t part) {
    std::size_t piece = 0;
    for (std::size_t before = 0; before < part; ++before) piece += pieces_[before];
    for (const std::size_t end = piece + pieces_[part]; piece < end; ++piece) {
        optimizer_->open(piece);
        if (piece + 1 < optimizer_->size()) optimizer_->fetch(piece + 1);
        optimizer_->store(piece);
    }
}

}  // namespace ringscope
