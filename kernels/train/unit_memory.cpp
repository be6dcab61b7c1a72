#include "kernels/train/unit_memory.h"

#include "backend/model/parameter_share.h"

#include <utility>

namespace ringscope {

void UnitMemory::useValues(int unit, SpanPass pass) {
    for (SharedPart* part : parts(unit)) part->useValues();
    fetchNext(unit, pass);
}

// Layers that are computed again go up, and the backward pass that follows goes down: what is next
// shows there.
int UnitMemory::unitAfter(int unit, SpanPass pass) const {
    if (pass == SpanPass::Forward && unit + 1 < std::ssize(units_)) return unit + 1;
    if (pass == SpanPass::Backward && unit > layerUnit(0)) return unit - 1;
    return -1;
}

void UnitMemory::fetchNext(int unit, SpanPass pass) {
    const int next = unitAfter(unit, pass);
    if (next >= 0)
        for (SharedPart* part : parts(next)) part->fetchValues();
    readAhead(next >= 0 ? next : unit, pass);
}

// What comes after `unit`. The head's forward pass is the last one; the backward pass begins with
// the layer before it.
void UnitMemory::readAhead(int unit, SpanPass pass) {
    const bool turns = pass == SpanPass::Forward && unit + 1 == std::ssize(units_);
    const int next = turns ? unit - 1 : unitAfter(unit, pass);
    if (next >= 0)
        for (SharedPart* part : parts(next)) part->readAhead();
}

void UnitMemory::dropValues(int unit) {
    for (SharedPart* part : parts(unit)) part->dropValues();
}

void UnitMemory::openGradients(int unit) {
    for (SharedPart* part : parts(unit)) part->openGradients();
}

void UnitMemory::closeGradients(int unit) {
    settle();
    for (SharedPart* part : parts(unit)) part->closeGradients();
    closed_ = unit;
}

void UnitMemory::settle() {
    if (const int unit = std::exchange(closed_, -1); unit >= 0)
        for (SharedPart* part : parts(unit)) part->settleGradients();
}

void UnitMemory::finish() {
    closeGradients(embeddingUnit);
    settle();
}

}  // namespace ringscope
